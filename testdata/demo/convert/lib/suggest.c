#include <string.h>

#include "unit.h"
#include "table.h"

/* distance is the edit distance of two short words. */
static int distance(const char *a, const char *b)
{
	int row[33];
	int width = (int)strlen(b) > 32 ? 32 : (int)strlen(b);

	for (int j = 0; j <= width; j++)
		row[j] = j;
	for (int i = 1; a[i - 1]; i++) {
		int diagonal = row[0];
		row[0] = i;
		for (int j = 1; j <= width; j++) {
			int best = diagonal + (a[i - 1] != b[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[width];
}

const char *suggest_unit(const char *name)
{
	int best = 0;

	for (int i = 1; i < TABLE_SIZE; i++)
		if (distance(table[i].name, name) < distance(table[best].name, name))
			best = i;
	return table[best].name;
}
