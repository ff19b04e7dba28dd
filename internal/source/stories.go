package source

// Stories returns the built-in source: short stories in simple English, one line each.
func Stories() *Source {
	s, err := newSource(words(), plots(), "story", "\n")
	if err != nil {
		panic(err) // the grammar is a constant; the tests compile it
	}
	return s
}

// plots holds the rules, in the notation of parseRule.
func plots() map[string]string {
	return map[string]string{
		"story": `[3: One <weather> <time>, <hero> | 2: It was <weather.a> <time>, and <hero> | 2: On <weather.a> <time>, <hero>]
			[4: $lost | 3: $visit | 3: $storm | 3: $race | 2: $birthday | 2: $seed | 3: $noise]`,

		"lost": `[went | walked | ran] <place.to> with {hero.his} <thing>.
			[2: Halfway home, {thing.it} {thing.was} gone. | {Hero.he} sat down to rest, and then {thing.it} {thing.was} gone. | Somewhere on the way {hero.he} dropped {thing.them}.]
			{Hero.he} was <mood>, but [soon | just then] <helper.a> came by.
			"[Please help me | Help me look]," said {hero}, "and I will <promise.will> you {promise.what}."
			The {helper} {helper.searched} and found the {thing.short} <spot>.
			{Hero} was not {mood} any more. [At once | That same {time}] {hero.he} {promise.did} {helper.him} {promise.what}, [as {hero.he} had promised | for a promise is a promise].
			[2: By {time.end} {weather.end}, and the two were [2: friends | good friends]. | The {helper} [said | thought] it was the best thing in the world.]`,

		"visit": `[set out | went] to visit {hero.his} <kin> with <food.a>.
			The path led <place.through>, and there sat <helper.a>, [2: hungry | cold] and [tired | all alone].
			{Hero} gave {helper.him} half of the {food} and got <thing.a> in return.
			"[Only half? | Where is the rest?]" asked {hero.his} {kin}.
			{Hero} told {kin.him} about the {helper} {place.at}.
			"[2: Then half is enough | That was well done]," {kin.he} said, and they ate the {food} [by the fire | on the step | at the window].
			The {thing.short} still {thing.lies} [on the shelf | beside {hero.his} bed].`,

		"storm": `was [2: walking | playing] <place.at> when [3: a storm broke | 2: the sky went black | the thunder began].
			{Hero.he} crept into <shelter.a>, and there sat <helper.a>, shaking [with cold | like a leaf].
			"Are you afraid?" [asked | whispered] {hero}. "[2: Only of the noise | Only a little | Not now]," said the {helper}.
			So they <pastime.did> until {time.end}. When they came out of the {shelter}, {weather.end}.
			Now, whenever it thunders, {hero} {pastime.does} and [thinks of | misses] the {helper} {place.at}.`,

		"race": `met <friend> <place.at>. {Hero.his} <kin> held up <food.a>.
			"For the first to reach <goal>," {kin.he} said.
			[They ran. | Off they went.] {Hero} was [2: ahead | almost there] when {friend} <trouble.did>.
			{Hero.he} [2: looked at {goal} | thought of the {food}], [sighed | stopped] and turned back, and {trouble.helped} {friend.him} {trouble.rest}.
			They came to {goal} [2: side by side | hand in hand]. "Who won?" asked {hero.his} {kin}.
			"[2: We both did | {friend} did]," said {hero}, and they shared the {food}.`,

		"birthday": `[took | carried] <thing.a> <place.through>, for it was <friend>'s birthday.
			But {hero.he} [slipped | tripped] and fell into <harm.into>, and the {thing.short} came out {harm.adj}.
			"{Thing.it} {thing.was} [clean | lovely] this {time}," {hero.he} said [at {friend}'s door | and went red].
			{Friend} looked at {hero.his} {harm.adj} [nose | knees | hands] and laughed.
			"{Thing.it} {thing.is} the [best | finest] {harm.adj} {thing.short} in the world," {friend.he} said, and {thing.used} [2: until {time.end} | all the way home].`,

		"seed": `found <crop.seed> <place.at>. "Plant it and wait <weeks> weeks," said <helper.a>.
			{Hero} planted it [2: behind the house | by the door] and <care.did> every [morning | night].
			After {weeks} weeks there stood {crop.a}.
			{Hero.he} took {crop.gift} {place.to} for the {helper}.
			"It was {care.the} that did it," said the {helper}[3: . | , and ate every bit.]`,

		"noise": `was on the way home <place.through> when something went <helper.sound>.
			"[It is | That must be] <fear.a>," [thought | whispered] {hero}, and held {hero.his} <thing.short> [2: tight | with both hands].
			{Helper.sound}, it went again, [2: much nearer | louder]. But it was only {helper.a} who <woe.had>.
			"You are a very small {fear}," said {hero}, and {woe.helped} {helper.him} {woe.rest}.
			Now, when {hero} hears {helper.sound} {place.at}, {hero.he} [2: smiles | waves] and calls, "[Hello | Good {time}], {helper}!"`,
	}
}
