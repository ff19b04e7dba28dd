package source

import "slices"

// words are the variables of the stories, in the order in which later ones may
// depend on earlier ones.
func words() []table { return slices.Concat(scene(), home(), events()) }

// scene is who is where, when, with what, and in what mood.
func scene() []table {
	return []table{
		{name: "time", forms: "name / end", odds: []string{"4 3 3"}, values: []string{
			"morning / noon",
			"afternoon / teatime",
			"evening / bedtime",
		}},
		{name: "weather", forms: "name / a / end", odds: []string{"3 3 2 2 2"}, values: []string{
			"misty / a misty / the mist had lifted",
			"windy / a windy / the wind had dropped",
			"rainy / a rainy / the rain had stopped",
			"warm / a warm / the bees were out again",
			"icy / an icy / the ice had melted",
		}},
		{name: "place", given: "weather", forms: "name / to / at / through / doing", values: []string{
			"river / down to the river / by the river / along the river / fishing",
			"hill / up the hill / on the hill / over the hill / looking at clouds",
			"forest / into the forest / in the forest / through the forest / picking berries",
			"beach / down to the beach / on the beach / along the beach / finding shells",
			"meadow / across the meadow / in the meadow / through the meadow / picking flowers",
			"market / to the market / at the market / past the market / eating a bun",
		}, odds: []string{
			"misty: 5 1 3 1 1 1",
			"windy: 1 5 1 3 1 1",
			"rainy: 1 1 4 1 1 4",
			"warm: 2 1 1 4 4 1",
			"icy: 3 5 1 1 1 1",
		}},
		helpers(),
		{name: "hero", forms: "name / child / he / his / him", odds: []string{"3 3 3 3 2 2"}, values: children()},
		{name: "friend", given: "hero", forms: "name / child / he / his / him", values: children(), odds: []string{
			"Mina: 0 4 1 1 1 1",
			"Otto: 1 0 4 1 1 1",
			"Ruby: 1 1 0 4 1 1",
			"Theo: 1 1 1 0 4 1",
			"Ada: 1 1 1 1 0 4",
			"Finn: 4 1 1 1 1 0",
		}},
		things(),
		{name: "mood", given: "hero", forms: "name", values: []string{"sad", "cross", "worried", "glum"}, odds: []string{
			"Mina: 5 1 1 1", "Otto: 1 5 1 1", "Ruby: 1 1 5 1", "Theo: 1 1 1 5",
			"Ada: 1 5 1 1", "Finn: 1 1 1 5",
		}},
		promises(),
		spots(),
	}
}

// home is who waits there, and what there is to eat, to do and to reach.
func home() []table {
	return []table{
		{name: "kin", forms: "name / he / his / him", odds: []string{"3 2 2 2"}, values: []string{
			"grandmother / she / her / her",
			"grandfather / he / his / him",
			"aunt / she / her / her",
			"uncle / he / his / him",
		}},
		{name: "food", given: "kin", forms: "name / a", values: []string{
			"cake / a plum cake",
			"bread / a loaf of bread",
			"jam / a jar of jam",
			"pears / a basket of pears",
			"soup / a pot of soup",
		}, odds: []string{"grandmother: 5 1 2 1 1", "grandfather: 1 5 1 1 2", "aunt: 1 2 1 5 1", "uncle: 2 1 1 1 5"}},
		{name: "shelter", given: "place", forms: "name / a", odds: []string{
			"river: 1 0 2 4 0 3", "hill: 2 5 2 1 0 0", "forest: 0 3 5 1 1 0",
			"beach: 0 3 2 0 0 5", "meadow: 5 0 1 2 3 0", "market: 2 0 1 1 5 0",
		}, values: []string{
			"barn / an old barn",
			"cave / a dry cave",
			"hut / a stone hut",
			"mill / a dark mill",
			"cart / a hay cart",
			"boat / an old boat",
		}},
		{name: "pastime", forms: "did / does", odds: []string{"3 3 2 2 2 1"}, values: []string{
			"told stories / tells a story",
			"sang songs / sings a song",
			"counted sheep / counts sheep",
			"played cards / plays cards",
			"ate biscuits / eats a biscuit",
			"drew faces / draws a face",
		}},
		{name: "goal", given: "place", forms: "name", odds: []string{
			"river: 1 5 1 0 1 1", "hill: 2 0 1 1 5 0", "forest: 5 1 1 2 0 0",
			"beach: 0 0 1 0 2 6", "meadow: 2 1 5 1 1 0", "market: 0 1 1 5 3 0",
		}, values: []string{
			"the old oak", "the bridge", "the white gate", "the well", "the church", "the lighthouse",
		}},
	}
}

// events are what happens in the plots.
func events() []table {
	return []table{
		{name: "trouble", forms: "did / helped / rest", odds: []string{"3 3 2 2 2"}, values: []string{
			"fell into a ditch / pulled / out of the ditch",
			"lost a shoe / helped / look for the shoe",
			"twisted an ankle / carried / over the stones",
			"fell over a dog / helped / up again",
			"began to cough / gave / some water",
		}},
		{name: "harm", forms: "into / adj", odds: []string{"3 3 2 2 2 2"}, values: []string{
			"a puddle / wet",
			"the mud / muddy",
			"a heap of coal / black",
			"a sack of flour / white",
			"a bucket of paint / green",
			"a barrel of honey / sticky",
		}},
		{name: "crop", forms: "seed / a / gift", odds: []string{"3 2 2 2 2"}, values: []string{
			"a flat seed / a fat pumpkin / a bowl of soup",
			"a striped seed / a tall sunflower / the best seeds",
			"a brown seed / an apple tree / the first apple",
			"a green seed / a giant bean / a plate of beans",
			"a red seed / an orange poppy / a poppy cake",
		}},
		{name: "weeks", forms: "name", odds: []string{"1 2 2 1 2 1"}, values: []string{"two", "three", "four", "five", "seven", "nine"}},
		{name: "care", forms: "did / the", odds: []string{"3 2 2 2 2"}, values: []string{
			"watered it / the water",
			"sang to it / the singing",
			"told it stories / the stories",
			"talked to it / the kind words",
			"danced for it / the dancing",
		}},
		{name: "fear", forms: "name / a", odds: []string{"3 3 2 2 2 2"}, values: []string{
			"ghost / a ghost", "monster / a monster", "giant / a giant", "ogre / an ogre", "dragon / a dragon", "witch / a witch",
		}},
		{name: "woe", forms: "had / helped / rest", odds: []string{"3 3 2 2 2"}, values: []string{
			"had lost the way / walked / home",
			"was hungry / gave / an apple",
			"could not sleep / sang / a lullaby",
			"was lonely / kept / company",
			"was tired / carried / for a while",
		}},
		{name: "riddle", forms: "question / answer", odds: []string{"2 2 2 2 2 1"}, values: []string{
			"What has a bed but never sleeps / a river",
			"What has teeth but cannot bite / a comb",
			"What has an eye but cannot see / a needle",
			"What has a neck but no head / a bottle",
			"What has legs but never walks / a table",
			"What has a face but no eyes / a clock",
		}},
	}
}

func children() []string {
	return []string{
		"Mina / the girl / she / her / her", "Otto / the boy / he / his / him", "Ruby / the girl / she / her / her", "Theo / the boy / he / his / him",
		"Ada / the girl / she / her / her", "Finn / the boy / he / his / him",
	}
}

// helpers live in places. Each looks for things in a way, and makes a sound, of its own.
func helpers() table {
	return table{name: "helper", given: "place", forms: "name / a / he / his / him / searched / sound", values: []string{
		"owl / a wise owl / she / her / her / flew up high / hoo, hoo",
		"fox / a young fox / he / his / him / sniffed around / sniff, sniff",
		"hedgehog / a shy hedgehog / he / his / him / looked under leaves / rustle, rustle",
		"otter / a sleek otter / she / her / her / dived twice / splash, splash",
		"frog / a little frog / he / his / him / hopped about / croak, croak",
		"goat / a stubborn goat / she / her / her / climbed about / clop, clop",
		"gull / a noisy gull / she / her / her / flew in circles / flap, flap",
		"crab / an old crab / he / his / him / dug around / click, click",
		"hare / a quick hare / he / his / him / ran in circles / thump, thump",
		"cat / a black cat / she / her / her / looked everywhere / meow, meow",
	}, odds: []string{
		"river: 0 0 0 5 4 0 1 0 0 0",
		"hill: 2 1 0 0 0 6 0 0 1 0",
		"forest: 5 3 2 0 0 0 0 0 0 0",
		"beach: 0 0 0 1 0 0 5 4 0 0",
		"meadow: 0 1 3 0 1 0 0 0 5 0",
		"market: 0 0 0 0 0 2 1 0 0 7",
	}}
}

// things belong to children.
func things() table {
	return table{name: "thing", given: "hero", forms: "name / a / short / it / them / was / is / lies / used", values: []string{
		"red kite / a red kite / kite / it / it / was / is / lies / flew the kite",
		"silver key / a silver key / key / it / it / was / is / lies / turned the key",
		"brass bell / a brass bell / bell / it / it / was / is / lies / rang the bell",
		"old map / an old map / map / it / it / was / is / lies / read the map",
		"tin whistle / a tin whistle / whistle / it / it / was / is / lies / blew the whistle",
		"straw hat / a straw hat / hat / it / it / was / is / lies / wore the hat",
		"woolly mittens / a pair of woolly mittens / mittens / they / them / were / are / lie / wore the mittens",
		"glass marbles / seven glass marbles / marbles / they / them / were / are / lie / rolled the marbles",
	}, odds: []string{
		"Mina: 9 1 1 1 1 1 1 1",
		"Otto: 1 9 1 1 1 1 1 1",
		"Ruby: 1 1 9 1 1 1 1 1",
		"Theo: 1 1 1 9 1 1 1 1",
		"Ada: 1 1 1 1 9 1 1 1",
		"Finn: 1 1 1 1 1 9 1 1",
	}}
}

// promises suit the one they are made to.
func promises() table {
	return table{name: "promise", given: "helper", forms: "will / did / what / short", values: []string{
		"bake / baked / a honey cake / cake",
		"sing / sang / a song / song",
		"tell / told / a story / story",
		"bring / brought / an apple / apple",
		"knit / knitted / a scarf / scarf",
		"draw / drew / a picture / picture",
	}, odds: []string{
		"owl: 1 1 6 0 1 1", "fox: 6 1 1 1 0 1", "hedgehog: 1 0 1 6 1 1", "otter: 1 6 1 0 1 1", "frog: 0 6 1 1 1 1",
		"goat: 1 1 0 6 1 1", "gull: 6 1 1 1 1 0", "crab: 1 1 1 0 1 6", "hare: 1 1 0 1 6 1", "cat: 1 1 6 1 1 0",
	}}
}

// spots are where a thing may turn up in a place.
func spots() table {
	return table{name: "spot", given: "place", forms: "name", values: []string{
		"under the bridge", "behind a willow", "under a stone",
		"behind a rock", "under a bush", "in an old wall",
		"under a fern", "in a tree", "behind a log",
		"on a dune", "under a boat", "in a rock pool",
		"in the tall grass", "beside a path", "in the daisies",
		"under a cart", "behind a barrel", "in a basket",
	}, odds: []string{
		"river: 3 2 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
		"hill: 0 0 0 3 2 1 0 0 0 0 0 0 0 0 0 0 0 0",
		"forest: 0 0 0 0 0 0 3 2 1 0 0 0 0 0 0 0 0 0",
		"beach: 0 0 0 0 0 0 0 0 0 3 2 1 0 0 0 0 0 0",
		"meadow: 0 0 0 0 0 0 0 0 0 0 0 0 3 2 1 0 0 0",
		"market: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 3 2 1",
	}}
}
