package store

import "iter"

// The lookups. Each is one prepared statement that goes through one index.

// Losses gives the counts of lost events, in the order in which they were added.
func (r *Reader) Losses() ([]Loss, error) {
	return list(r, &lossTable, "SELECT class, count FROM loss ORDER BY id")
}

// Notes gives the notes in the order in which they were added.
func (r *Reader) Notes() ([]Note, error) {
	return list(r, &noteTable, "SELECT kind, process, detail, count FROM note ORDER BY id")
}

var (
	selectFile    = "SELECT " + fileTable.columns + " FROM file WHERE "
	selectProcess = "SELECT " + processTable.columns + " FROM process WHERE "
	selectExec    = "SELECT " + execTable.columns + " FROM exec WHERE "
	selectHeld    = "SELECT " + heldTable.columns + " FROM held WHERE "
	selectOp      = "SELECT " + opTable.columns + " FROM op WHERE "
	selectRecipe  = "SELECT " + recipeTable.columns + " FROM recipe "

	fileByID       = selectFile + "id = ?"
	filesByPath    = selectFile + "path = ? ORDER BY id"
	filesByInode   = selectFile + "ino = ? AND dev = ? AND gen = ? ORDER BY id"
	processByID    = selectProcess + "id = ?"
	processByPar   = selectProcess + "parent = ? ORDER BY id"
	execByID       = selectExec + "id = ?"
	execsByProcess = selectExec + "process = ? ORDER BY seq, id"
	heldByExec     = selectHeld + "exec = ? ORDER BY fd"
	opsByExec      = selectOp + "exec = ? ORDER BY seq"
	opsByFile      = selectOp + "file = ?1 UNION ALL " + selectOp + "other = ?1 AND file IS NOT ?1 ORDER BY seq"
	recipesAll     = selectRecipe + "ORDER BY id"
	recipeByID     = selectRecipe + "WHERE id = ?"
	recipesByName  = selectRecipe + "WHERE target = ? ORDER BY id"
)

// File gives the file with this ID.
func (r *Reader) File(id FileID) (File, error) { return find(r, &fileTable, fileByID, uint32(id)) }

// FilesByPath gives every inode that had this path, in the order in which they
// were first seen, names that were absent among them.
func (r *Reader) FilesByPath(path string) ([]File, error) {
	return list(r, &fileTable, filesByPath, path)
}

// FilesOfInode gives every name of one inode.
func (r *Reader) FilesOfInode(dev, ino uint64, gen uint32) ([]File, error) {
	return list(r, &fileTable, filesByInode, int64(ino), int64(dev), int64(gen))
}

// Process gives the process with this ID.
func (r *Reader) Process(id ProcessID) (Process, error) {
	return find(r, &processTable, processByID, uint32(id))
}

// Children gives the processes that this one forked, by ID.
func (r *Reader) Children(id ProcessID) ([]Process, error) {
	return list(r, &processTable, processByPar, int64(id))
}

// Exec gives the exec with this ID.
func (r *Reader) Exec(id ExecID) (Exec, error) { return find(r, &execTable, execByID, uint32(id)) }

// ExecsOf gives the program images of a process, by Seq.
func (r *Reader) ExecsOf(id ProcessID) ([]Exec, error) {
	return list(r, &execTable, execsByProcess, int64(id))
}

// HeldBy gives the descriptors that were open when an exec began, by FD.
func (r *Reader) HeldBy(id ExecID) ([]Held, error) {
	return list(r, &heldTable, heldByExec, int64(id))
}

// OpsOn gives the operations in which a file is File or Other, by Seq.
func (r *Reader) OpsOn(id FileID) ([]Op, error) { return list(r, &opTable, opsByFile, int64(id)) }

// OpsOf gives the operations of an exec, by Seq.
func (r *Reader) OpsOf(id ExecID) ([]Op, error) { return list(r, &opTable, opsByExec, int64(id)) }

// Recipes gives every recipe, by ID.
func (r *Reader) Recipes() ([]Recipe, error) { return list(r, &recipeTable, recipesAll) }

// Recipe gives the recipe with this ID.
func (r *Reader) Recipe(id uint32) (Recipe, error) { return find(r, &recipeTable, recipeByID, id) }

// RecipesFor gives the recipes whose Target is exactly this, by ID.
func (r *Reader) RecipesFor(target string) ([]Recipe, error) {
	return list(r, &recipeTable, recipesByName, target)
}

var idTable = table[uint32]{name: "recipe_process", width: 1, decode: func(r *row) uint32 { return r.id(0) }}

// RecipeOf gives the recipe that a process belongs to, 0 for none.
func (r *Reader) RecipeOf(id ProcessID) (uint32, error) {
	ids, err := list(r, &idTable, "SELECT recipe FROM recipe_process WHERE process = ?", int64(id))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// Members gives the processes of a recipe, by ID.
func (r *Reader) Members(recipe uint32) ([]ProcessID, error) {
	var members []ProcessID
	err := r.query("SELECT process FROM recipe_process WHERE recipe = ? ORDER BY process", "recipe_process", 1,
		func(cells *row) { members = append(members, ProcessID(cells.id(0))) }, int64(recipe))
	if err != nil {
		return nil, err
	}
	return members, nil
}

var argvTable = table[[]string]{name: "argv", width: 1, decode: func(r *row) []string {
	argv, err := unquote(r.text(0))
	if err != nil {
		r.wrong(0)
	}
	return argv
}}

// Argv gives an argument vector.
func (r *Reader) Argv(id ArgvID) ([]string, error) {
	return find(r, &argvTable, "SELECT command FROM argv WHERE id = ?", uint32(id))
}

var envTable = table[[]uint32]{name: "env", width: 1, decode: func(r *row) []uint32 {
	ids, err := parseJSONIDs(r.text(0))
	if err != nil {
		r.wrong(0)
	}
	return ids
}}

var envVarTable = table[string]{name: "env_var", width: 1, decode: func(r *row) string { return r.text(0) }}

// Env gives an environment, each string NAME=value, in its order.
func (r *Reader) Env(id EnvID) ([]string, error) {
	ids, err := find(r, &envTable, "SELECT vars FROM env WHERE id = ?", uint32(id))
	if err != nil {
		return nil, err
	}
	vars := make([]string, 0, len(ids))
	for _, id := range ids {
		v, err := find(r, &envVarTable, "SELECT text FROM env_var WHERE id = ?", id)
		if err != nil {
			return nil, err
		}
		vars = append(vars, v)
	}
	return vars, nil
}

// EnvMakeOf is EnvMake with the environment that it is of.
type EnvMakeOf struct {
	ID EnvID
	EnvMake
}

var envMakeTable = table[EnvMakeOf]{
	name: "env", columns: "id, target, level, tags, jobserver", width: 5, decode: decodeEnvMake,
	order: func(e EnvMakeOf) int64 { return int64(e.ID) }, key: "id",
}

func decodeEnvMake(r *row) EnvMakeOf {
	return EnvMakeOf{
		ID:      EnvID(r.id(0)),
		EnvMake: EnvMake{Target: r.text(1), HasTarget: !r.null(1), Level: r.small(2), Tags: r.bool(3), Jobserver: r.text(4)},
	}
}

// EnvMake gives what make put into an environment.
func (r *Reader) EnvMake(id EnvID) (EnvMake, error) {
	e, err := find(r, &envMakeTable, "SELECT id, target, level, tags, jobserver FROM env WHERE id = ?", uint32(id))
	return e.EnvMake, err
}

// EnvMakes gives what make put into each environment, by ID.
func (r *Reader) EnvMakes() iter.Seq2[EnvMakeOf, error] { return stream(r, &envMakeTable) }
