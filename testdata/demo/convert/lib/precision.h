#ifndef PRECISION_H
#define PRECISION_H

/* How many digits of a result are shown. */
#define PRECISION 6

#endif
