package source

// plots holds the rules, in the notation of parseRule.
func plots() map[string]string {
	return map[string]string{
		"story": `[3: One <weather> <time>, <hero> | 2: It was <weather.a> <time>, and <hero>
			| 2: On <weather.a> <time>, <hero> | 2: The <time> was <weather>, and <hero>]
			[3: $lost | 3: $visit | 3: $storm | 3: $race | 3: $birthday | 2: $seed | 3: $noise | 2: $riddle]`,

		"lost": `[went | walked | ran | raced | skipped] <place.to> with {hero.his} <thing>.
			[Halfway home, {thing.it} {thing.was} gone. | A dog barked, and {thing.it} {thing.was} gone.
			| {Hero.he} fell asleep, and {thing.it} {thing.was} gone. | Somehow {hero.he} lost {thing.them}. | {Hero.he} looked away, and {thing.it} {thing.was} gone.]
			{Hero.he} [was | felt | looked] <mood>, but [soon | just then | then | at last] <helper.a> [came by | looked up].
			"[Find {thing.them} | Help me | Look for {thing.them} | Be my friend], and I will <promise.will> you {promise.what}," [said | cried | called] {hero.child}.
			The {helper} {helper.searched} and [found | saw] the {thing.short} <spot>.
			No longer {mood}, {hero.he} {promise.did} the {helper} {promise.what}[, as promised | _that {time} | _at once | _twice].
			[{Hero.he} never lost the {thing.short} again. | By {time.end}, {weather.end}. | The [best | finest | only | first] {promise.short} {place.at}!]`,

		"visit": `[set out | went | walked] <place.through> to visit {hero.his} <kin> with <food.a>.
			[There sat | There stood | Soon {hero.he} met | Soon {hero.he} saw] <helper.a>, hungry and [cold | tired | all alone | wet | sad].
			"I have eaten nothing since [Monday | Tuesday | Thursday | Friday | Saturday | Sunday]," {helper.he} [said | sighed | whispered | cried].
			{Hero.child} gave {helper.him} [half | most | some] of the {food} and got <thing.a> [in return | as a present].
			"[Is that all? | Where is the rest?]" asked {hero.his} {kin}. "[In | With | Ask] {helper.a}," [said | whispered | laughed] {hero.child}.
			"[It is plenty | Well done | You have a good heart | Very good | Come in]," {kin.he} said,
			and [put | hid | kept] the {thing.short} [on the shelf | by the clock | in the window | beside the teapot | on the door | under the bed].`,

		"storm": `was <place.at>, [playing | all alone | 2: {place.doing}], when [a storm broke | the sky went black | the thunder began].
			{Hero.he} [ran | crept | went] into <shelter.a>, and there [sat | stood | lay] <helper.a>, shaking [with cold | like a leaf | all over].
			"Are you [afraid | scared | cold | sad] too?" [asked | whispered | said] {hero.child}.
			"[Only today | Only a little | Not any more | Very much | Always]," said the {helper}.
			So they <pastime.did> [in the {shelter} | side by side | together | in the dark] until {weather.end}.
			Now, when it thunders, {hero} {pastime.does} and [thinks of | misses | waves to | hopes to see | writes to] the {helper}.`,

		"race": `[met | saw | found] <friend> <place.at>. {Hero.his} <kin> [held up | brought | had] <food.a>.
			"For the first to reach <goal>," {kin.he} [said | called | cried].
			[They ran. | Off they went. | They ran like the wind. | Away they flew.] {Hero.child} was [ahead | almost there | far in front | first] when {friend} <trouble.did>.
			{Hero.he} [looked at {goal} | thought of the {food}], [sighed | stopped | smiled | shook {hero.his} head], turned back and {trouble.helped} {friend} {trouble.rest}.
			"Who won?" asked {hero.his} {kin} [at last | at home | then].
			"[We both did | {friend} did | Nobody did | Ask {friend}]," said {hero.child}, and they [shared | ate] the {food} [on a wall | in the grass | under a tree | with everyone | on the way home].`,

		"birthday": `[took | brought | carried] <friend> <thing.a> [for {friend.his} birthday | as a present | to say sorry].
			But <place.at> {hero.he} [slipped | tripped | slid] and [fell | flew | rolled] into <harm.into>, and the {thing.short} came out {harm.adj}.
			"{Thing.it} {thing.was} [clean | lovely | like new | much nicer] this {time}," {hero.he} said [and went red | with a sigh | very quietly | in a small voice].
			{Friend} [looked | smiled] at {hero.his} {harm.adj} [nose | knees | hands | hair | ears | feet] and [laughed | sighed | nodded].
			"{Thing.it} {thing.is} the [best | finest | only | first] {harm.adj} {thing.short} in the world," {friend.he} said,
			and {thing.used} [until {time.end} | all the way home | for a week | all night].`,

		"seed": `found <crop.seed> <place.at>. "Wait <weeks> weeks," [said | whispered | called] <helper.a>.
			{Hero.child} [planted | put | hid] it [behind the house | by the door | under the window | beside the well | in an old boot] and <care.did> every [morning | evening | day].
			"[Nothing will grow | It is only a seed | It is asleep | How silly | Wait and see]," said <friend>.
			But in {weeks} weeks there [stood | was] {crop.a}, and {friend} [said no more | blushed | wanted one too | danced].
			{Hero.child} [took | brought | gave] the {helper} {crop.gift}. "{Care.the} did it," [said | laughed | whispered] the {helper}[. | _kindly. | , and asked for more.]`,

		"noise": `was [on the way home <place.through> | picking nuts <place.at> | all alone <place.at>] when something [near | behind {hero.him}] went <helper.sound>.
			"[It is | That must be | I hear] <fear.a>," [thought | whispered | said] {hero.child}, and held {hero.his} <thing> [tight | close | in one hand].
			{Helper.sound}, [closer now | louder now | very close | and then a sneeze].
			But it was only {helper.a} who <woe.had>. "You are a [very small | funny | kind | good | strange | sleepy] {fear}," {hero.he} [said | laughed | cried], and {woe.helped} {helper.him} {woe.rest}.
			Now {hero.he} hears {helper.sound} {place.at} and [smiles. | waves. | stops to listen. | is not afraid. | calls, "Hello, {helper}!" | whispers, "Good {time}."]`,

		"riddle": `[wanted | had | tried] to go <place.to>, but <helper.a> [stood | sat | lay] in the way.
			"<riddle>?" [asked | said | whispered] the {helper}.
			{Hero.child} [thought hard | looked at {hero.his} shoes | closed {hero.his} eyes | counted to ten | sat down]. "{Riddle.answer}!" {hero.he} [said | cried | whispered | called].
			The {helper} [bowed | nodded | sighed | smiled | laughed] and gave {hero.him} <thing.a>.
			At {time.end} {hero.he} asked {hero.his} <kin>, too. {Kin.he} [thought | guessed] [all through the meal | until {kin.his} tea was cold | in the bath], [in vain | and gave up]. "{Riddle.answer}," [said | laughed | whispered] {hero.child}, and {thing.used}.`,
	}
}
