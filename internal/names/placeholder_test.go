package names_test

import (
	"testing"

	"roundtables.kz/registry/internal/names"
)

func TestAPlaceholderIsNotTheNameOfAPerson(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"TBD": true, "T.B.D.": true, "N.N.": true, "n. n.": true, "NN": true, "to be confirmed": true, "Not specified": true,
		"не определён": true, "Не определена": true, "Уточняется": true, "неизвестно": true, "Ф.И.О.": true, "белгісіз": true, "Анықталуда": true,
		"?": true, "–": true, "...": true, "XXX": true, "ХХХ": true, "123": true, "Speaker 1": true, "speaker №2": true, "Speaker A": true,
		"Спикер 3": true, "участник": true, "1-баяндамашы": true, "2-ші қатысушы": true, "Moderator": true,
		"Talgat Kaliyev": false, "Tbdanov": false, "N. Nazarbayev": false, "Madonna": false, "Adam Speaker": false, "Адам": false, "No": false, "Nikto Petrov": false,
		"Expert Smith": false, "Ли": false, "O": false, "Елена Неизвестная": false, "Эрнст Неизвестный": false, "50 Cent": false,
		"A. Guest": false, "B. Chair": false, "A. User": false, "А. Гость": false, "A. B. Chair": false, "Chair A. B.": false,
		"Chairman": true, "Co-chair": true, "Сопредседатель": true, "Өкіл": true, "Delegate 2": true, "Anna Chairman": false,
		"Speaker №3 ": true, "Participant C": true, "Участник А": true, "Спикер Б.": true,
	} {
		if got := names.IsPlaceholder(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestANameOfSeveralPeopleIsRecognized(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"Anita X / Boris Y": true, "Anita X/Boris Y": true, "Иванов; Петров": true, "A. Smith & B. Jones": true, "Anna Smith and Bob Jones": true,
		"Анна Петрова и Борис Иванов": true, "Асан Ахметов және Болат Серіков": true,
		"Талгат Калиев / Talgat Kaliyev": false, "Talgat Kaliyev/Талгат Калиев": false, "Тоқаев Қ. | Tokayev K.": false, "Касым-Жомарт Токаев / Kassym-Jomart Tokayev": false,
		"Талгат Калиев / Timur Kaliyev": true, "Марат Башимов / Marat Bashimova": true, "Талгат Калиев / Talgat Kaliyev / Anna Smith": true,
		"Талгат Калиев / Talgat": true, "Marat Bashimov / Murat Bashimov": true,
		"Хосе Ортега и Гассет": false, "Muthu s/o Raman": false, "Siti a/p Rahman": false, "Kaliyev, Talgat": false, "Jean-Luc Bleunven": false, "Ван Дер Мен Анна": false,
	} {
		if got := names.IsSeveral(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestANameInTwoScriptsIsComparedAsOneName(t *testing.T) {
	t.Parallel()
	both := names.Parse("Талгат Калиев / Talgat Kaliyev")
	for name, same := range map[string]bool{"Talgat Kaliyev": true, "Калиев Талгат": true, "Timur Kaliyev": false} {
		if s := names.Score(both, names.Parse(name)); (s >= names.Same) != same {
			t.Errorf("%s: %.3f", name, s)
		}
	}
}

func TestRemarksAndTitlesAreNoPartOfAName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"H.E. Yerzhan Sadykov", "Yerzhan Sadykov", true},
		{"H. E. Mr. Yerzhan Sadykov", "Yerzhan Sadykov", true},
		{"H.E. Y. Sadykov", "Yerzhan Sadykov", false},
		{"H.E. Sadykov", "Yerzhan Sadykov", false},
		{"Yerzhan Sadykov (Ministry of Lakes)", "Yerzhan Sadykov", true},
		{"Ержан Садыков (Yerzhan Sadykov)", "Yerzhan Sadykov", true},
		{"Sadykov (Ministry of Lakes)", "Yerzhan Sadykov", false},
		{"Sadykov (Yerzhan Bolatovich)", "Sadykov", false},
		{"Ахметов Серик (депутат Сената)", "Ахметов Серик (фермер из Атырау)", false},
	} {
		if got := names.Sure(names.Parse(c.a), names.Parse(c.b)); got != c.want {
			t.Errorf("%s and %s: sure %v, %.3f", c.a, c.b, got, names.Score(names.Parse(c.a), names.Parse(c.b)))
		}
	}
}

func TestAShortFormFitsTheFullName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b       string
		fits, sure bool
	}{
		{"Y. Sadykov", "Yerzhan Sadykov", true, true},
		{"Yu. Petrov", "Юрий Петров", true, true},
		{"Y. Petrov", "Яков Петров", true, true},
		{"Е. Садыков", "Yerzhan Sadykov", true, true},
		{"Е. Петров", "Yuri Petrov", false, false},
		{"Z. Omarova", "Жанар Омарова", true, true},
		{"S. Omarova", "Шолпан Омарова", true, true},
		{"C. Valikhanov", "Чокан Валиханов", true, true},
		{"K. Omarov", "Хамит Омаров", true, true},
		{"T. Ivanov", "Цезарь Иванов", true, true},
		{"M. Omarova", "Нургуль Омарова", false, false},
		{"Черных И.", "Irina Chernykh", true, true},
		{"Kaliyev", "Talgat Kaliyev", true, true},
		{"KALIYEV", "Талгат Калиев", true, true},
		{"Mr. Tukumov", "Yerkin Tukumov", true, true},
		{"г-н Тукумов", "Yerkin Tukumov", true, true},
		{"Тукумов мырза", "Yerkin Tukumov", true, true},
		{"Tukumov", "Еркін Тұқымов", true, false},
		{"К.-Ж. Токаев", "Тоқаев Қасым-Жомарт Кемелұлы", true, true},
		{"К. К. Токаев", "Тоқаев Қасым-Жомарт Кемелұлы", true, true},
		{"Е. В. Тукумов", "Yerkin Tukumov", true, true},
		{"В. Е. Тукумов", "Yerkin Tukumov", false, false},
		{"A. Saduakasova", "Aigul Sadvokasova", true, false},
		{"Тукумов Е.", "Tukumov", true, true},
		{"Тукумов А.", "Tukumov", true, true},
		{"Kaliyeva", "Talgat Kaliyev", false, false},
		{"M. Laumulin", "Mariya Laumulina", false, false},
		{"Nursultan Nazarbayev", "Нурсултан Абишевич Назарбаев", false, false},
		{"marei", "marc", false, false},
		{"T. K.", "Talgat Kaliyev", false, false},
		{"", "Talgat Kaliyev", false, false},
	} {
		a, b := names.Parse(c.a), names.Parse(c.b)
		if fits, sure := names.ShortForm(a, b); fits != c.fits || sure != c.sure {
			t.Errorf("%s of %s: %v %v, %.3f", c.a, c.b, fits, sure, names.Score(a, b))
		}
		if s := names.Score(a, b); c.fits && (s < names.Possible || s >= names.Duplicate) {
			t.Errorf("%s and %s: score %.3f", c.a, c.b, s)
		}
	}
}

func TestSimilarNamesOfOthersAreNoDuplicates(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"marei", "marc"}, {"Хасенов Данияр", "Daniyar Kusainov"}, {"Hasenov Daniyar", "Данияр Кусаинов"}, {"Ким", "Kin"}, {"lena", "luna"},
	} {
		if s := names.Score(names.Parse(pair[0]), names.Parse(pair[1])); s >= names.Duplicate {
			t.Errorf("%s and %s: %.3f", pair[0], pair[1], s)
		}
	}
	if names.Sure(names.Parse("Ким Ольга"), names.Parse("Kin Olga")) {
		t.Error("Ким and Kin are certainly one name")
	}
}

func TestTheFullNamesOfAPersonDecideOverTheShortOnes(t *testing.T) {
	t.Parallel()
	x := names.NewIndex(false)
	x.Set(1, []string{"Talgat Kaliyev", "Kaliyev", "T. Kaliyev"})
	x.Set(2, []string{"Kaliyev Bolat"})
	for name, want := range map[string]float64{"Timur Kaliyev": names.Possible, "Talgat Kaliyev": 1.01, "Kaliyev": 1.01} {
		for _, f := range x.View(false).Find(name, names.Possible, 10) {
			if f.Owner == 1 && f.Score >= want {
				t.Errorf("%s is %s: %.3f", name, f.Spelling, f.Score)
			}
		}
	}
	if found := x.View(false).Find("Kaliyev", names.Possible, 10); len(found) != 2 || found[0].Owner != 1 || found[0].Score != 1 {
		t.Errorf("Kaliyev: %+v", found)
	}
}
