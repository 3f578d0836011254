UPDATE roles SET label = '{"en": "Rapporteur", "ru": "Содокладчик", "kk": "Қосымша баяндамашы"}'
WHERE code = 'rapporteur' AND label = '{"en": "Rapporteur", "ru": "Составитель отчёта", "kk": "Есеп жасаушы"}';
