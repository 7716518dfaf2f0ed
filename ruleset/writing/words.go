package writing

import "strings"

// common are words that running text in a language is full of. None of them is a word of SQL, of a shell or of a
// programming language: those would make an attack look like a letter by its own words.
var common = set(`
	the an of to we you i'm i'd i'll i've my your our it it's its that these those are was were be been being have has
	had can could would should will shall may might must please thanks thank hello hi dear what how why there here but so
	because about does did don't can't won't isn't doesn't didn't wasn't couldn't me he she they his her their them us also
	than too very some only just need want got he's she's we're you're they're we'd let's that's there's any much many
	good new best always never now when's where's regards meeting another every each both
	der die das und ist nicht ein eine einen einem eines ich sie wir bitte mit für auf zu im den dem von danke auch noch oder
	aber wie wann bei nach wurde sind haben kann können
	le la les et est un une je vous nous pour dans avec pas sur ce cette merci bonjour du des que qui au aux ne plus l'été
	c'était c'est j'ai n'est quand
	el los las es una por para con su como gracias del al lo se más pero qué
	il di che non per sono della grazie dal nel questo
	os um uma não em no na obrigado
	nie jest się proszę dziękuję dla czy jak
	och är att det som på av tack inte jag
	ja van het een niet voor zijn dank op te
`)

// shared are words that a language has in common with SQL, shells and programs.
var shared = set(`
	a i and or in for is not by on with as at if all any this one use get out up make take show tell before under over again
	still where which when what's und oder an sur y o como e se si
`)

func set(words string) map[string]bool {
	found := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		found[word] = true
	}
	return found
}
