#ifndef FORMAT_H
#define FORMAT_H

#include <stddef.h>

#include "unit.h"

/* format_quantity writes "42.2 km" into out. */
void format_quantity(char *out, size_t size, double value, const struct unit *unit);

#endif
