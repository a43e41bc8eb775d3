package graph

import (
	"cmp"
	"container/heap"
)

// Schedule is an estimate of the build on some cores: the steps as long as they were,
// each begun as soon as what it needs is there and a core is free, those with the
// longest chain behind them first (list scheduling; Graham 1966).
type Schedule struct {
	Cores int
	Wall  int64
}

// mostCores bounds the numbers of cores that are tried.
const mostCores = 1024

// schedules estimates the build on 1, 2, 4, 8 ... cores, until more bring nothing.
func (p *Plan) schedules(o *Order, ideal int64) []Schedule {
	var list []Schedule
	for cores := 1; cores <= mostCores && len(p.Steps) > 0; cores *= 2 {
		wall := o.Simulate(cores)
		list = append(list, Schedule{cores, wall})
		if wall <= ideal {
			break
		}
	}
	return list
}

// Simulate is how long the steps take on so many cores (0: infinitely many), each
// begun as soon as what it needs is there and a core is free, those with the longest
// chain behind them first. Every step takes one core.
func (o *Order) Simulate(cores int) int64 {
	n := len(o.steps)
	tail := make([]int64, n) // the longest chain that begins with the step
	after := make([][]int32, n)
	waits := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		tail[i] += o.steps[i].End - o.steps[i].Start
		o.eachBefore(i, func(need Need) {
			tail[need.From] = max(tail[need.From], tail[i])
			after[need.From] = append(after[need.From], int32(i))
			waits[i]++
		})
	}
	ready := &queue{less: func(x, y entry) bool {
		return cmp.Or(cmp.Compare(tail[y.step], tail[x.step]), cmp.Compare(x.step, y.step)) < 0
	}}
	running := &queue{less: func(x, y entry) bool { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.step, y.step)) < 0 }}
	for i := range n {
		if waits[i] == 0 {
			heap.Push(ready, entry{0, int32(i)})
		}
	}
	var now int64
	over := func(step int32) {
		for _, i := range after[step] {
			if waits[i]--; waits[i] == 0 {
				heap.Push(ready, entry{now, i})
			}
		}
	}
	for ready.Len()+running.Len() > 0 {
		for ready.Len() > 0 && (cores == 0 || running.Len() < cores) {
			e := heap.Pop(ready).(entry)
			if took := o.steps[e.step].End - o.steps[e.step].Start; took > 0 {
				heap.Push(running, entry{now + took, e.step})
			} else {
				over(e.step)
			}
		}
		if running.Len() > 0 {
			e := heap.Pop(running).(entry)
			now = e.at
			over(e.step)
		}
	}
	return now
}

// entry is a step in a queue.
type entry struct {
	at   int64
	step int32
}

// queue is a heap of steps.
type queue struct {
	list []entry
	less func(x, y entry) bool
}

// Len, Less, Swap, Push and Pop make it a heap.Interface.
func (q *queue) Len() int           { return len(q.list) }
func (q *queue) Less(i, j int) bool { return q.less(q.list[i], q.list[j]) }
func (q *queue) Swap(i, j int)      { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue) Push(v any)         { q.list = append(q.list, v.(entry)) }
func (q *queue) Pop() any {
	e := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return e
}
