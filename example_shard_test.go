package xent_test

import (
	"fmt"
	"log"
	"math"
	"sync"

	"xent"
)

const (
	shardRows    = 2
	shardClasses = 6
	workers      = 3 // two classes each
)

var shardTargets = xent.Targets{Index: []int32{4, 1}}

// A worker has columns [lo, hi) of the logits, as if the classifier were cut
// between machines, and an inbox for what the workers say of their parts.
type worker struct {
	shard  *xent.Shard
	logits xent.Matrix
	grad   xent.Matrix
	inbox  chan []byte
}

// run returns the loss over all classes and fills the gradient of the worker's own.
func (w *worker) run(loss *xent.Loss, all []*worker) (t xent.Total, err error) {
	var own xent.Stats
	if err := w.shard.Stats(&own, w.logits, shardTargets); err != nil {
		return t, err
	}
	message, err := own.MarshalBinary()
	if err != nil {
		return t, err
	}
	for _, other := range all { // itself too
		other.inbox <- message
	}
	var merged xent.Stats
	for i := range all { // in whatever order they come
		var st xent.Stats
		if err := st.UnmarshalBinary(<-w.inbox); err != nil {
			return t, err
		}
		if i == 0 {
			merged = st
		} else if err := merged.Merge(&st); err != nil {
			return t, err
		}
	}
	if err := loss.Finish(&t, &merged, shardTargets, nil); err != nil {
		return t, err
	}
	return t, w.shard.Gradient(&merged, w.logits, shardTargets, 1.0/shardRows, w.grad)
}

// A vocabulary cut over workers: each sees its own columns alone, and they exchange
// 180 bytes a row. Here they are goroutines, and the network is channels.
func ExampleShard() {
	z := []float32{
		1, 0, 2, 0, 3, 1,
		0, 2, 0, 1, 0, 0,
	}
	logits := xent.Float32(z, shardRows, shardClasses)
	grad := make([]float32, len(z))
	loss, err := xent.New(shardClasses, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var all []*worker
	for i := range workers {
		lo, hi := i*shardClasses/workers, (i+1)*shardClasses/workers
		shard, err := loss.Shard(lo, hi)
		if err != nil {
			log.Fatal(err)
		}
		all = append(all, &worker{
			shard, logits.Columns(lo, hi), xent.Float32(grad, shardRows, shardClasses).Columns(lo, hi), make(chan []byte, workers),
		})
	}
	var wg sync.WaitGroup
	var totals [workers]xent.Total
	for i, w := range all {
		wg.Go(func() {
			t, err := w.run(loss, all)
			if err != nil {
				log.Fatal(err)
			}
			totals[i] = t
		})
	}
	wg.Wait()

	fmt.Printf("mean %.4f\n%+.3f\n%+.3f\n", totals[0].Result().Mean(), grad[:shardClasses], grad[shardClasses:])
	whole, err := xent.Mean(z, shardClasses, shardTargets.Index)
	if err != nil {
		log.Fatal(err)
	}
	for i := range totals {
		fmt.Printf("worker %d has the loss of the whole: %v\n", i, math.Abs(totals[i].Result().Mean()-whole) < 1e-6)
	}
	// Output:
	// mean 0.5998
	// [+0.039 +0.014 +0.106 +0.014 -0.212 +0.039]
	// [+0.035 -0.238 +0.035 +0.096 +0.035 +0.035]
	// worker 0 has the loss of the whole: true
	// worker 1 has the loss of the whole: true
	// worker 2 has the loss of the whole: true
}
