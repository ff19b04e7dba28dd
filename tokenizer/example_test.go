package tokenizer_test

import (
	"fmt"
	"slices"

	"xent/tokenizer"
)

func Example() {
	docs := [][]byte{[]byte("low lower lowest, new newer newest"), []byte("slow slower slowest")}
	tok, err := tokenizer.Train(slices.Values(docs), tokenizer.Options{Vocab: 270})
	if err != nil {
		panic(err)
	}
	ids, spans := tok.EncodeOffsets([]byte("slowest \xff newer"))
	for i, id := range ids {
		fmt.Printf("%3d %q %v\n", id, tok.Piece(id), spans[i])
	}
	fmt.Printf("%q\n", tok.Decode(nil, ids))
	// Output:
	// 262 "slowe" [0 5]
	// 260 "st" [5 7]
	//  32 " " [7 8]
	// 255 "\xff" [8 9]
	// 266 " newe" [9 14]
	// 114 "r" [14 15]
	// "slowest \xff newer"
}
