package main

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
)

// The vocabulary of generated texts. Full-text search requires common and rare words in three languages. The words have
// real endings, so that the cost of stemming is realistic.
var words = map[string][]string{
	"ru": strings.Fields(`развитие общества государственная политика вопросы межэтнических отношений эксперты отметили необходимость
		реформа образования экономика региона сотрудничество стран Центральной Азии безопасность границ водные ресурсы транзит молодёжь
		рынок труда цифровая трансформация управление институт исследование доклад выводы рекомендации предложения участники обсуждение
		гражданское согласие язык культура наследие закон парламент комитет программа проект инвестиции энергетика климат устойчивость
		торговля логистика коридор партнёрство диалог доверие медиация здоровье население миграция статистика анализ прогноз риски
		угрозы стратегия планирование бюджет контроль эффективность прозрачность подотчётность местное самоуправление сельское хозяйство
		город инфраструктура транспорт связь наука технологии инновации университет студенты преподаватели опрос мнение`),
	"kk": strings.Fields(`қоғамның дамуы мемлекеттік саясат этносаралық қатынастар мәселелері сарапшылар қажеттілігін атап өтті
		білім беру реформасы өңір экономикасы Орталық Азия елдерінің ынтымақтастығы шекара қауіпсіздігі су ресурстары транзит жастар
		еңбек нарығы цифрлық трансформация басқару институт зерттеу баяндама қорытынды ұсынымдар ұсыныстар қатысушылар талқылау
		азаматтық келісім тіл мәдениет мұра заң парламент комитет бағдарлама жоба инвестициялар энергетика климат тұрақтылық
		сауда логистика дәліз әріптестік диалог сенім медиация денсаулық халық көші-қон статистика талдау болжам тәуекелдер`),
	"en": strings.Fields(`development of society public policy questions of interethnic relations experts noted the need for
		reform of education regional economy cooperation of the countries of Central Asia border security water resources transit youth
		labour market digital transformation governance institute research report conclusions recommendations proposals participants
		civil accord language culture heritage law parliament committee programme project investments energy climate resilience
		trade logistics corridor partnership dialogue trust mediation health population migration statistics analysis forecast risks`),
}

var (
	givenNames = strings.Fields(`Айгүл Нұрлан Ерлан Дәурен Асель Жанар Мадина Тимур Руслан Алия Бауыржан Гүлнар Серик Талгат Маулен
		Жансейт Анна Ольга Сергей Дмитрий Ирина Виктор Наталья Михаил Елена`)
	familyNames = strings.Fields(`Ахметов Касымов Нурпеисов Садыков Жумабаев Ибрагимов Оспанов Сулейменов Байжанов Ермеков Тулегенов Абенов
		Калиев Сейтов Мусин Петров Иванова Ким Ли Шаукенов Искаков Рахимов Алимжанов Досымов Кенжебаев Токтаров`)
)

// letters transliterates Cyrillic names roughly.
var letters = strings.NewReplacer("А", "A", "Б", "B", "В", "V", "Г", "G", "Д", "D", "Е", "Ye", "Ж", "Zh", "И", "I", "К", "K", "Л", "L", "М", "M", "Н", "N",
	"О", "O", "П", "P", "Р", "R", "С", "S", "Т", "T", "Ш", "Sh", "а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ж", "zh", "и", "i", "й", "i",
	"к", "k", "л", "l", "м", "m", "н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ш", "sh", "ы", "y", "ь", "",
	"я", "ya", "ә", "a", "ү", "u", "ұ", "u", "ы", "y")

// sentence returns n words of a language. Words at the beginning of the vocabulary are more common.
func sentence(r *rand.Rand, lang string, n int) string {
	vocabulary := words[lang]
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		u := r.Float64()
		b.WriteString(vocabulary[int(u*u*float64(len(vocabulary)))])
	}
	return b.String()
}

// langMap is a language map. It always contains Russian, and often the other languages.
type langMap map[string]string

func textOf(r *rand.Rand, n int) langMap {
	m := langMap{"ru": sentence(r, "ru", n)}
	if chance(r, 70) {
		m["kk"] = sentence(r, "kk", n)
	}
	if chance(r, 50) {
		m["en"] = sentence(r, "en", n)
	}
	return m
}

// jsonb encodes a value for a jsonb column; nil stays NULL.
func jsonb(m langMap) any {
	if m == nil {
		return nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // a map of strings can always be encoded
	}
	return b
}
