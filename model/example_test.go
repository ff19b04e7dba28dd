package model_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"xent/model"
)

func ExampleModel_Surprisal() {
	m, err := model.Open("my-model")
	if err != nil {
		log.Fatal(err)
	}
	text := []byte("The cat sat on the mat.")
	nats, spans, err := m.Surprisal(context.Background(), text)
	if err != nil {
		log.Fatal(err)
	}
	for i, s := range spans {
		fmt.Printf("%q %.2f\n", text[s[0]:s[1]], nats[i])
	}
}

func ExampleModel_Sample() {
	m, err := model.Open("my-model")
	if err != nil {
		log.Fatal(err)
	}
	o := model.SampleOptions{Temperature: 0.8, TopK: 40, Seed: 1, MaxTokens: 200}
	err = m.Sample(context.Background(), []byte("Once upon a time"), o, func(piece []byte) bool {
		_, err := os.Stdout.Write(piece)
		return err == nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
