package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAnnotate(t *testing.T) {
	path := tracePath(t)
	x := writeExample(t, path)
	if err := Annotate(path, []Recipe{{ID: 9, Target: "old"}}, map[ProcessID]uint32{3: 9}); err != nil {
		t.Fatal(err)
	}
	recipes := []Recipe{
		{ID: 1, Tool: 1, Target: "main.o", Dir: "/src", How: "tag", Start: 5, End: 9},
		{ID: 2, Tool: 1, Target: "main.o", Dir: "/src/sub\xff", How: "output", Start: -1, End: 1 << 50},
		{ID: 3, Target: "", Dir: "", How: ""},
	}
	if err := Annotate(path, recipes, map[ProcessID]uint32{3: 1, 2: 1, 1: 3}); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
	r := openTrace(t, path)
	if !r.HasRecipes() {
		t.Error("HasRecipes is false")
	}
	equal(t, "meta", r.Meta(), x.meta)
	checkExample(t, r, x)
	equal(t, "Recipes", must(r.Recipes())(t), recipes)
	equal(t, "RecipesFor", must(r.RecipesFor("main.o"))(t), recipes[:2])
	equal(t, "RecipesFor of none", must(r.RecipesFor("old"))(t), nil)
	equal(t, "Members", must(r.Members(1))(t), []ProcessID{2, 3})
	equal(t, "Members of none", must(r.Members(2))(t), nil)
	equal(t, "RecipeOf", must(r.RecipeOf(1))(t), 3)
	equal(t, "RecipeOf of none", must(r.RecipeOf(7))(t), 0)
}

func TestAnnotateNothing(t *testing.T) {
	path := tracePath(t)
	writeExample(t, path)
	if err := Annotate(path, nil, nil); err != nil {
		t.Fatal(err)
	}
	if r := openTrace(t, path); !r.HasRecipes() {
		t.Error("HasRecipes is false")
	}
}

func TestAnnotateRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	otherDatabase(t, path)
	before, _ := os.ReadFile(path)
	if err := Annotate(path, nil, nil); !errors.Is(err, ErrForeign) {
		t.Errorf("a database of something else: %v", err)
	}
	after, _ := os.ReadFile(path)
	equal(t, "the other database", string(after), string(before))
	killed := tracePath(t)
	killedTrace(t, killed)
	if err := Annotate(killed, nil, nil); err == nil {
		t.Error("an unfinished trace was annotated")
	}
	if err := Annotate(filepath.Join(t.TempDir(), "none"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing trace: %v", err)
	}
	// An error in the middle leaves what was there.
	twice := []Recipe{{ID: 1}, {ID: 1}}
	whole := tracePath(t)
	writeExample(t, whole)
	if err := Annotate(whole, []Recipe{{ID: 5}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := Annotate(whole, twice, nil); err == nil {
		t.Error("one id for two recipes was taken")
	}
	onlyFile(t, whole)
	equal(t, "recipes", must(openTrace(t, whole).Recipes())(t), []Recipe{{ID: 5}})
}

// A reader that is open and was used a moment ago does not keep recipes from
// being recorded for long.
func TestAnnotateBesideReader(t *testing.T) {
	path := tracePath(t)
	writeExample(t, path)
	r := openTrace(t, path)
	must(r.File(1))(t)
	start := time.Now()
	if err := Annotate(path, []Recipe{{ID: 1, Target: "all"}}, nil); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("it took %v", d)
	}
	equal(t, "recipes", must(r.Recipes())(t), []Recipe{{ID: 1, Target: "all"}})
	time.Sleep(3 * holdFor)
	must(r.File(1))(t)
}
