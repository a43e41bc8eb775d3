// Package graph answers what a build did: which files each output was really
// made from, which recipe made it, how one file got into another, and what a
// change would reach.
//
// It reads a trace through [Source], the part of the trace file's reader that it
// needs. Questions about one target ([Graph.Deps], [Graph.Why], [Graph.RDeps])
// read only the rows they need, through the reader's indexes; questions about
// the whole build ([Graph.Outputs], [Graph.Picture], [Attribute], [Graph.Whole])
// stream the trace once into dense arrays.
//
// The parts, from the bottom up:
//
//   - source.go, trace.go: the rows, read when needed and kept
//   - object.go, naming.go, temporary.go: inodes, the names they have at the end,
//     and which of them are temporary
//   - tool.go, attribute.go, untagged.go, recipes.go: build tools, their recipes
//   - flow.go: the flow rule, one step at a time; forward.go: the other way
//   - work.go, facts.go: what each recipe did, for package audit
//   - account.go, account_jobs.go: what the whole build did, for package compare
//   - recipe.go: what a recipe used; classify.go, resolve.go, near.go: names
//   - deps.go, why.go, rdeps.go, outputs.go, picture.go: the questions
//   - timeline.go, actions.go: when everything ran, and all that was made from what
//   - canvas.go, fold.go, label.go, procs.go: what a picture is made of
//   - stats.go, program.go, uses.go: figures of the whole build
//   - plan*.go: what order the steps of a build needed; order.go, schedule.go,
//     critical.go: chains of them, and the one that bounds the build
//   - csr.go, snapshot.go: the whole trace in dense arrays, as a gonum graph
//
// The rules themselves are told in docs/flow-rule.md.
package graph
