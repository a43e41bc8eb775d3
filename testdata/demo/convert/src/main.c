/* convert NUMBER FROM TO */
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "parse.h"
#include "unit.h"

static const struct unit *unit_named(const char *name)
{
	const struct unit *unit = find_unit(name);

	if (!unit)
		fprintf(stderr, "convert: no unit \"%s\"; did you mean \"%s\"?\n", name, suggest_unit(name));
	return unit;
}

int main(int argc, char **argv)
{
	const struct unit *from, *to;
	double value;
	char text[64];

	if (argc != 4 || !parse_number(argv[1], &value)) {
		fprintf(stderr, "usage: convert NUMBER FROM TO\n");
		return 2;
	}
	from = unit_named(argv[2]);
	to = unit_named(argv[3]);
	if (!from || !to)
		return 1;
	if (strcmp(from->dimension, to->dimension) != 0) {
		fprintf(stderr, "convert: %s is %s and %s is %s\n", from->name, from->dimension, to->name, to->dimension);
		return 1;
	}
	format_quantity(text, sizeof text, value * from->factor / to->factor, to);
	puts(text);
	return 0;
}
