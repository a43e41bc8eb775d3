#ifndef UNIT_H
#define UNIT_H

/* One unit of measure. */
struct unit {
	const char *name;
	const char *dimension; /* units of one dimension can be converted */
	double factor;         /* how many of the dimension's base unit it is */
};

/* find_unit gives the unit of that name, or NULL. */
const struct unit *find_unit(const char *name);

/* suggest_unit gives the name nearest to one that does not exist. */
const char *suggest_unit(const char *name);

#endif
