// DExTer's program state: three times step() is entered from walk() with the light on.
static int light, way;

static void step(int length)
{
    way += length; // DexLabel('go')
}

/* DexExpectProgramState({
       'frames': [
           {'function': 'step', 'location': {'lineno': ref('go')}, 'watches': {'light': '1', 'length': '1'}},
           {'function': 'walk'},
       ]
   }, times=3) */
static void walk(void)
{
    light = 1;
    for (int i = 0; i < 3; i++)
        step(1);
    light = 0;
}

int main(void)
{
    walk();
    return way != 3;
}
