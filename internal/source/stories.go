package source

import "sync"

// Stories returns the built-in source: short stories in simple English, one line each.
func Stories() *Source { return stories() }

// Its expectations take some time to compute, and it is immutable.
var stories = sync.OnceValue(func() *Source {
	s, err := newSource(words(), plots(), "story", "\n")
	if err != nil {
		panic(err) // the grammar is a constant; the tests compile it
	}
	return s
})
