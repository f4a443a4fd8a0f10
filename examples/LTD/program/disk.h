#ifndef DISK_H
#define DISK_H

int disk_read(int block);
void disk_write(int block, int data);

#endif
