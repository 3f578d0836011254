-- The role rapporteur had the labels of a co-speaker in Russian and Kazakh. Here a rapporteur is the person who reports on the
-- event. Labels that an operator has changed stay.
UPDATE roles SET label = '{"en": "Rapporteur", "ru": "Составитель отчёта", "kk": "Есеп жасаушы"}'
WHERE code = 'rapporteur' AND label = '{"en": "Rapporteur", "ru": "Содокладчик", "kk": "Қосымша баяндамашы"}';
