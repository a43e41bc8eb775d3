package audit

// shadows finds the names that a recipe looked for in vain before it found a file
// of the same name elsewhere: were one to appear there, it would be taken instead.
func (c *checker) shadows() {
	for _, u := range c.units {
		if u.work.Lost > 0 {
			continue
		}
		for _, in := range u.work.Inputs {
			absent, err := c.g.LookedFirst(in)
			c.fail(err)
			for _, a := range absent {
				if !c.below(a) || u.own[a] {
					continue
				}
				f := c.finding(Shadow, u, a)
				f.Others = []string{c.g.Rel(in.Path)}
				f.Witness = c.witness(in.Exec, "lookup", in.Time)
				f.Proof, f.Reason = Proved, "the lookup was seen to fail"
				f.Repro = "buildgraph why " + quote(u.shown) + " " + quote(c.g.Rel(in.Path))
				c.add(f)
			}
		}
	}
}
