buildgraph_equals := =
app: /usr/lib/libc.so.6 lib/a\ b.o lib/c\#d.o lib/e$$f.o lib/g\:h.o \
 lib/i$(buildgraph_equals)j.o lib/k\|l.o
lib/a\ b.o: lib/a\	b.c lib/latiné.c lib/quo"te.c
./define:
