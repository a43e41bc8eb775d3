package store

// Environments are all environments of a trace. Most share most of their strings:
// held here once each.
type Environments struct {
	Strings []string   // NAME=value, by id; the first is of nothing
	Of      [][]uint32 // the ids of an environment's strings in their order, by EnvID
}

// Strings that are not in the trace are "", as their ids are 0.
var envVarRows = table[idText]{
	name: "env_var", columns: "id, text", width: 2, decode: func(r *row) idText { return idText{r.id(0), r.text(1)} },
	order: func(v idText) int64 { return int64(v.id) }, key: "id",
}

var envRows = table[idIDs]{
	name: "env", columns: "id, vars", width: 2, decode: func(r *row) idIDs {
		ids, err := parseJSONIDs(r.text(1))
		if err != nil {
			r.wrong(1)
		}
		return idIDs{r.id(0), ids}
	},
	order: func(e idIDs) int64 { return int64(e.id) }, key: "id",
}

type idText struct {
	id   uint32
	text string
}

type idIDs struct {
	id  uint32
	ids []uint32
}

// Environments reads all environments in one pass: one by one they cost a lookup
// for each of their strings.
func (r *Reader) Environments() (Environments, error) {
	e := Environments{Strings: []string{""}, Of: [][]uint32{nil}}
	for v, err := range stream(r, &envVarRows) {
		if err != nil {
			return Environments{}, err
		}
		if e.Strings, err = placed(r, e.Strings, v.id, v.text); err != nil {
			return Environments{}, err
		}
	}
	for v, err := range stream(r, &envRows) {
		if err != nil {
			return Environments{}, err
		}
		for i, id := range v.ids {
			if int(id) >= len(e.Strings) {
				v.ids[i] = 0
			}
		}
		if e.Of, err = placed(r, e.Of, v.id, v.ids); err != nil {
			return Environments{}, err
		}
	}
	return e, nil
}

// maxGap is how many ids may be missing in a row. Ids are dense: a larger gap is
// damage, and not to be paid for with memory.
const maxGap = 1 << 16

// placed sets list[id] at or behind the end of the list.
func placed[T any](r *Reader, list []T, id uint32, v T) ([]T, error) {
	if int(id) > len(list)+maxGap {
		return nil, damaged(r.path, "its ids have gaps", nil)
	}
	for len(list) <= int(id) {
		var zero T
		list = append(list, zero)
	}
	list[id] = v
	return list, nil
}
