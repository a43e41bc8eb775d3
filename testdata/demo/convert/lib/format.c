#include <stdio.h>

#include "format.h"
#include "precision.h"

void format_quantity(char *out, size_t size, double value, const struct unit *unit)
{
	snprintf(out, size, "%.*g %s", PRECISION, value, unit->name);
}
