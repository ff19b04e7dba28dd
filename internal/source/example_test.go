package source_test

import (
	"fmt"

	"xent/internal/source"
)

// The story of the package comment, its probability, and where it was surprising.
func Example() {
	story := []byte(`One icy evening, Otto was by the river, fishing, when a storm broke. ` +
		`He crept into a dark mill, and there sat a little frog, shaking with cold. ` +
		`"Are you afraid too?" whispered the boy. "Only a little," said the frog. ` +
		`So they told stories in the mill until the ice had melted. ` +
		`Now, when it thunders, Otto tells a story and hopes to see the frog.` + "\n")
	s := source.Stories()
	nats, err := s.Nats(story)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f nats; a story has %.3f on average, %.3f bytes\n", nats, s.Entropy(), s.Bytes())
	decisions, err := s.Decisions(story)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, d := range decisions[:5] {
		fmt.Printf("%.3f nats for %q\n", d.Nats, story[d.Offset:decisions[i+1].Offset])
	}
	// Output:
	// 24.624 nats; a story has 27.967 on average, 360.857 bytes
	// 1.099 nats for "One "
	// 1.792 nats for "icy "
	// 1.204 nats for "evening, "
	// 1.674 nats for "Otto "
	// 1.992 nats for "was "
}
