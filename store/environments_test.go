package store

import (
	"fmt"
	"testing"
)

// All environments at once are those that are looked up one by one.
func TestEnvironments(t *testing.T) {
	path := tracePath(t)
	w, err := Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	var ids []EnvID
	for i := range 2000 {
		ids = append(ids, w.Env(fmt.Appendf(nil, "PATH=/bin\x00N=%d\x00odd\xff\x00HOME=/root\x00", i)))
	}
	ids = append(ids, w.Env(nil))
	if err := w.Finish(exampleMeta()); err != nil {
		t.Fatal(err)
	}
	r := openTrace(t, path)
	all, err := r.Environments()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		want := must(r.Env(id))(t)
		got := make([]string, 0, len(want))
		if int(id) < len(all.Of) {
			for _, s := range all.Of[id] {
				got = append(got, all.Strings[s])
			}
		}
		equal(t, fmt.Sprintf("environment %d", id), got, want)
	}
	if len(all.Strings) > 2100 {
		t.Errorf("%d strings: shared ones are held more than once", len(all.Strings))
	}
}
