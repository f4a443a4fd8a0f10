#ifndef SIREN_H
#define SIREN_H

void sound_siren(void);
int siren_count(void);

#endif
