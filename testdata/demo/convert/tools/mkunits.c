/* mkunits: reads units.tsv on stdin and writes it as a C table on stdout. */
#include <stdio.h>

int main(void)
{
	char line[256], name[32], dimension[32], factor[64];
	int number = 0, units = 0;

	puts("/* Made by mkunits from units.tsv. */");
	puts("static const struct unit table[] = {");
	while (fgets(line, sizeof line, stdin)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (sscanf(line, "%31s %31s %63s", name, dimension, factor) != 3) {
			fprintf(stderr, "mkunits: line %d: want name, dimension, factor\n", number);
			return 1;
		}
		printf("\t{\"%s\", \"%s\", %s},\n", name, dimension, factor);
		units++;
	}
	printf("};\nenum { TABLE_SIZE = %d };\n", units);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
