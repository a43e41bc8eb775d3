#ifndef PARSE_H
#define PARSE_H

/* parse_number reads all of text as a number; 0 when it is none. */
int parse_number(const char *text, double *value);

#endif
