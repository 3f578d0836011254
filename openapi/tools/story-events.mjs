// The events of story.mjs by language, each as an operator types it from a press release. The first attendee has a misspelt name and an
// unknown role, and `quoted` is put into straight quotation marks. The second speaks.
const people = (role, title, names) => names.map((person) => ({ person, roles: [role], affiliations: [{ title }] }));

export const events = {
  ru: {
    known: "тукумов",
    quoted: "Қоғамдық келісім",
    bundle: {
      lang: "ru",
      round_table: { title: "Вода и города", starts_on: "2026-02-03", place: "Астана", languages: ["ru"] },
      organizers: [{ organization: "РГУ «Қоғамдық келісім»" }],
      attendees: [
        { person: "Еркин Тукмв", roles: ["модератр"], affiliations: [{ title: "директор" }] },
        ...people("Докладчик", "гидролог", ["Тимофей Рябоконь", "Салтанат Кожабергенова", "Виталий Огуречников"]),
        ...people("участник", "эксперт", ["Гульмира Аспандиярова", "Руслан Полещиков", "Марал Жетписбаева", "Дина Нуркасымова",
          "Ирина Хлебодарова", "Нурлан Шанкибаев", "Павел Громыхалин", "Инкар Шолпанова", "Фёдор Листопадский"]),
      ],
      statements: [
        { speaker: "Тимофей Рябоконь", act: "report", texts: ["Вода нужна городам."] },
        { speaker: "Салтанат Кожабергенова", act: "proposal", texts: ["Нужны очистные сооружения."] },
      ],
      documents: [{ title: "Пресс-релиз", url: "https://example.org/voda", relation: "source" }],
    },
  },
  kk: {
    known: "тукумов",
    quoted: "Қоғамдық келісім",
    bundle: {
      lang: "kk",
      round_table: { title: "Су және қалалар", starts_on: "2026-02-03", place: "Астана", languages: ["kk"] },
      organizers: [{ organization: "«Қоғамдық келісім» РММ" }],
      attendees: [
        { person: "Еркин Тукмв", roles: ["модератр"], affiliations: [{ title: "директор" }] },
        ...people("Баяндамашы", "гидролог", ["Өмірзақ Қуанғалиев", "Салтанат Қожабергенова", "Жұмағұл Бөкейхандық"]),
        ...people("қатысушы", "сарапшы", ["Гүлмира Аспандиярова", "Ырысты Төлегенқызы", "Марал Жетпісбаева", "Дина Нұрқасымова",
          "Шоқан Айнабеков", "Нұрлан Шаңқыбаев", "Үміт Кеңесбекова", "Іңкәр Шолпанова", "Әділхан Жиреншин"]),
      ],
      statements: [
        { speaker: "Өмірзақ Қуанғалиев", act: "report", texts: ["Қалаларға су керек."] },
        { speaker: "Салтанат Қожабергенова", act: "proposal", texts: ["Тазарту құрылыстары керек."] },
      ],
      documents: [{ title: "Баспасөз хабарламасы", url: "https://example.org/su", relation: "source" }],
    },
  },
};
