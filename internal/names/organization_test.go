package names_test

import (
	"testing"

	"roundtables.kz/registry/internal/names"
)

// The decisions about two names of organizations.
const (
	same     = "same"
	ask      = "ask"
	separate = "separate"
)

func decisionOn(a, b string) string {
	switch s := names.Score(names.ParseOrganization(a), names.ParseOrganization(b)); {
	case s >= names.Same:
		return same
	case s >= names.Duplicate:
		return ask
	}
	return separate
}

func TestOrganizationsAreRecognizedByTheirParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		// language and short forms of countries
		{"Central Water Board of the Republic of Kazakhstan", "Central Water Board of the RK", same},
		{"Министерство водных ресурсов Республики Казахстан", "ҚР Су ресурстары министрлігі", same},
		{"Ministry of Water Resources of the Republic of Kazakhstan", "Министерством водных ресурсов РК", same},
		{"Ministry of Justice of Kazakhstan", "Ministry of Justice of Uzbekistan", separate},
		{"МИД РФ", "Министерство иностранных дел Российской Федерации", same},
		{"МИД РФ", "МИД РТ", separate},
		{"Central Water Board of the Republic of Kazakhstan", "Центральное водное управление РК", ask},
		{"Central Water Board of the Republic of Kazakhstan", "ҚР Орталық су басқармасы", ask},
		{"Қазақстан Республикасы Президентінің жанындағы Орталық су қызметі", "Central Water Service under the President of the Republic of Kazakhstan", same},
		{"Су зерттеулері орталығы", "Center for Water Studies", same},
		{"Central Water Board of the Republic of Kazakhstan", "Central Water Department of the Republic of Kazakhstan", separate},
		{"Water Board of the Republic of Kazakhstan", "Центральное управление РК", separate},
		{"Минтранс РК", "Министерство транспорта Республики Казахстан", same},
		// abbreviations
		{"Institute for Steppe and Mountain Studies (ISMS)", "ISMS", same},
		{"Institute for Steppe and Mountain Studies", "ISMS", ask},
		{"Institute for Steppe and Mountain Studies (ISMS)", "ISMS Secretariat", separate},
		{"Steppe Expert Council (SEC)", "Scientific Energy Center (SEC)", ask},
		{"Казахский национальный университет имени аль-Фараби", "КазНУ", ask},
		{"НПК", "NPC", ask},
		{"Institute for Steppe Studies under the President of Kazakhstan", "KazISS", ask},
		{"Institute for Steppe Studies under the President of Uzbekistan", "KazISS", separate},
		{"КИСИ", "Kazakhstan Institute for Strategic Studies", ask},
		{"KISI", "Kazakhstan Institute for Strategic Studies", ask},
		{"АПК", "Presidential Administration of the Republic of Kazakhstan", ask},
		{"APK", "Presidential Administration of the Republic of Kazakhstan", separate},
		{"Казахстанский институт водной политики", "KIWP", ask},
		{"КИСИ", "Kazakhstan Institute for Water Studies", separate},
		{`CWR "Steppe"`, "Steppe Water Research Center", ask},
		// quoted proper names
		{"Koktem Foundation “Rising Together”", "Rising Together initiative", ask},
		{"Koktem Foundation “Rising Together”", "Rising Alone initiative", separate},
		{"Koktem Foundation “Rising”", "Rising initiative", separate},
		// legal forms, proper names, order, misprints
		{`Public Fund "Darkhan"`, "ОФ «Дархан»", same},
		{"Общественный фонд «Центр водных исследований»", "Частный фонд «Центр водных исследований»", ask},
		{"Farmers Union Energy and Transport Committee", "Energy and Transport Committee", separate},
		{"Дархан қоғамдық қоры", `"Darkhan" Foundation`, same},
		{"Дархан қоғамдық қоры", "Public Foundation Darkhan", same},
		{"ОФ «Дархан»", "ЧФ «Дархан»", ask},
		{`Corporate Fund "Darkhan"`, "Дархан қоғамдық қоры", ask},
		{`Private Foundation "Darkhan"`, "Darkhan Foundation", same},
		{"Общественный благотворительный фонд «Дархан»", "ОФ «Дархан»", same},
		// embassies and consulates
		{"Embassy of Latvia in Kazakhstan", "Латвияның Қазақстандағы елшілігі", same},
		{"Embassy of Latvia in Kazakhstan", "Латвия Республикасының Қазақстан Республикасындағы елшілігі", same},
		{"Embassy of Latvia in Kazakhstan", "Қазақстанның Латвия Республикасындағы елшілігі", separate},
		{"Embassy of Latvia in Kazakhstan", "Латвияның Өзбекстандағы елшілігі", separate},
		{"Consulate General of Peru in Almaty", "Генеральное консульство Перу в Алматы", same},
		{"Consulate General of Peru in Almaty", "Перудің Алматыдағы бас консулдығы", same},
		{"Consulate General of Peru in Almaty", "Consulate General of Latvia in Almaty", separate},
		{"Consulate General of Peru in Almaty", "Consulate General of Peru in Astana", separate},
		{"Embassy of Latvia in Astana", "Embassy of Latvia in Uzbekistan", separate},
		{"Қазақстан – Латвия елшілігі", "Embassy of Latvia in Kazakhstan", ask},
		// parts behind a comma, a dash or in brackets
		{"Union of Herders of Kazakhstan", "Union of Herders of Kazakhstan, Almaty branch", separate},
		{"Union of Herders of Kazakhstan", "Union of Herders of Kazakhstan – Almaty branch", separate},
		{"Union of Herders of Kazakhstan", "Союз пастухов Казахстана (филиал в Алматы)", separate},
		{"Ministry of Lakes", "Ministry of Lakes (Department of Policy)", separate},
		{"Ministry of Lakes", "Ministry of Lakes, Department of Policy", separate},
		{"Department of Policy of the Ministry of Lakes", "Ministry of Lakes, Department of Policy", same},
		{"Lake University", "Lake University - Institute of Water", separate},
		{"Institute of Water of the Lake University", "Lake University, Institute of Water", same},
		{"Institute of Water, Lake University", "Lake University, Institute of Water", same},
		// territories and chambers of the parent
		{"Youth Council under the Akim of Almaty", "Youth Council under the Akim of Almaty Region", ask},
		{"Совет молодёжи при акиме Алматинской области", "Совет молодёжи при акиме города Алматы", ask},
		{"Youth Council under the Akim of Almaty", "Youth Council under the Akim of the City of Almaty", same},
		{"Committee on Water of the Senate", "Committee on Water", ask},
		{"Комитет по водным ресурсам Мажилиса", "Комитет по водным ресурсам", ask},
		{`Public Foundation “Center for Transport Policy “Zhol””`, "Center for Transport Policy «Жол»", same},
		{"Institute of Applied Hydrology", "Institute for Applied Hydrological Research", ask},
		{"Scientific-Expert Group of the Region", "Regional Scientific-Expert Group", same},
		{"Institute of Applied Hydrology and Climate", "Institut of Applyed Hydrology and Climate", same},
		// parents and places
		{"Center for Transport Policy under the Ministry of Transport", "Center for Transport Policy", same},
		{"Center for Transport Policy under the Ministry of Transport", "Center for Transport Policy under the Ministry of Justice", separate},
		{"Council of Youth", "Youth Council under the Akim of Taraz", ask},
		{"KazISS under the President of the Republic of Kazakhstan", "KazISS", same},
		{"Water and Energy Council of the CPK", "Water and Energy Council of the Council of Physicists of Kazakhstan", same},
		{"Water and Energy Council of the CPK", "Water and Energy Council of the Council of Journalists of Kazakhstan", separate},
		{"Center for Russian and Central Asian Studies of the Shanghai Academy of Social Sciences", "Center for Russian and Central Asian Studies", same},
		{"Center for Russian and Central Asian Studies", "Center for Uzbek and Central Asian Studies", separate},
		{"Water Assembly Scientific Expert Council", "Scientific Expert Council of the Water Assembly", same},
		{"Institute for Strategic and Regional Water Studies under the President", "Institute for Strategic and Interregional Water Studies under the President", ask},
		{"Committee for Water Policy of the Ministry of Trade", "Committee for Export Policy of the Ministry of Trade", separate},
		{"Kazakhstan Council on Foreign Relations", "Kazakhstan Council on International Relations", same},
		{"Embassy of Latvia in Kazakhstan", "Embassy of Latvia in Uzbekistan", separate},
		{"Embassy of Latvia in Kazakhstan", "Посольство Латвии в Казахстане", same},
		{"Embassy of the Republic of Kazakhstan in the Republic of Latvia", "Embassy of the Republic of Latvia in the Republic of Kazakhstan", separate},
		{"Department of Water of the City of Almaty", "Department of Water of the City of Astana", separate},
		{"Акимат Карагандинской области", "Акимат города Караганды", separate},
		{"Academy of Law", "Law Institute of the Academy of Finance", separate},
		{"Institute C", "Institute G", separate},
		{"UNICEF", "UNICEF Kazakhstan", ask},
		{"Committee of Science of the Ministry of Education", "Ministry of Education", separate},
		{"Faculty of History, Taraz University", "Taraz University", separate},
		{"Қазақстан Республикасының Президенті жанындағы Су зерттеулері институты", "Institute for Water Studies under the President of the Republic of Kazakhstan", same},
	} {
		if got := decisionOn(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %s (%.3f), want %s", c.a, c.b, got, names.Score(names.ParseOrganization(c.a), names.ParseOrganization(c.b)), c.want)
		}
		if decisionOn(c.a, c.b) != decisionOn(c.b, c.a) {
			t.Errorf("%s and %s: the decision depends on the order", c.a, c.b)
		}
	}
}

func TestAShorterFormOfANameLacksOnlyTheParentOrTheHomeCountry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		short, full string
		want        bool
	}{
		{"Senate", "Senate of the Kazakh Parliament", true},
		{"Senate", "Senate of the Uzbek Parliament", false},
		{"Senate of the Kazakh Parliament", "Senate", false},
		{"Center for Water Policy", "Center for Water Policy under the Ministry of Water", true},
		{"Center for Water Policy", "Center for Water Policy, Taraz", false},
		{"Faculty of History", "Faculty of History of Taraz University", false},
		{"UNICEF", "UNICEF Kazakhstan", false},
		{"Ministry", "Ministry of Water", false},
	} {
		if got := names.Shortens(names.ParseOrganization(c.short), names.ParseOrganization(c.full)); got != c.want {
			t.Errorf("%s and %s: %v", c.short, c.full, got)
		}
	}
}

func TestAnAbbreviationIsMadeOfTheInitialsOfAName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"NCWT", "National Council of Water Trust", true},
		{"National Council of Water Trust", "NCWT", false},
		{"National Committee of Water Treaties (NCWT)", "National Council of Water Trust", false},
		{"NCWT", "National Council of Wind Power", false},
		{"National Council of Water Trust", "National Council of Water Trust", false},
	} {
		if got := names.Abbreviates(names.ParseOrganization(c.a), names.ParseOrganization(c.b)); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
