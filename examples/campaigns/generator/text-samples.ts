/** A script with names, words and sentences of its own: what people really put into text columns. */
export interface TextSamples {
  readonly script: string;
  readonly names: readonly [string, ...string[]];
  readonly words: readonly [string, ...string[]];
  readonly sentences: readonly [string, ...string[]];
}

/** Left to right, right to left, beyond the basic plane, with combining marks, and with the characters that keys must escape. */
export const TEXT_SAMPLES: readonly [TextSamples, ...TextSamples[]] = [
  {
    script: 'latin',
    names: ['Aveline Moss', 'Tobias Reed', 'Imogen Vale', 'Rufus O’Hara', 'Marigold Finch', 'Jasper Quill'],
    words: ['Ember', 'Hollow', 'Lantern', 'Thorn', 'Crown', 'Harbour', 'Ash', 'Raven', 'Tide', 'Oath'],
    sentences: [
      'The party forced the gate before dawn and found the courtyard empty.',
      'Nobody had told the bard that the bridge was an illusion.',
      'We agreed to split the treasure 50% / 50%, which the rogue read as 90%.',
      'Rolled a natural 20 on the door; the door was open. Room #12 again.',
      'She kept the letter, folded twice, and said nothing about the seal.',
    ],
  },
  {
    script: 'latin extended',
    names: ['Žofie Dvořáková', 'Łukasz Żółć', 'Åse Ørsted', 'Günther Weiß', 'Ngọc Ánh Nguyễn', 'İpek Iğdır'],
    words: ['Straße', 'Čerť', 'Świątynia', 'Œuvre', 'Ægir', 'Đêm', 'Ñandú', 'Ísland'],
    sentences: [
      'Příliš žluťoučký kůň úpěl ďábelské ódy u městské brány.',
      'Zażółć gęślą jaźń, krzyknął mag i spadł ze schodów.',
      'Falsches Üben von Xylophonmusik quält jeden größeren Zwerg.',
      'Trăm năm trong cõi người ta, chữ tài chữ mệnh khéo là ghét nhau.',
    ],
  },
  {
    script: 'combining marks',
    names: [
      'Ame\u0301lie Noe\u0308l',
      'Z\u0336a\u0336l\u0336g\u0336o',
      'O\u0308mer C\u0327elik',
      'a\u030Angstro\u0308m',
    ],
    words: ['e\u0301toile', 'cafe\u0301', 'n\u0303andu\u0301', 'u\u0308ber', 'A\u030A'],
    sentences: [
      'Le vieil a\u0302ne re\u0301pe\u0301ta sa proprie\u0301te\u0301, puis se tut.',
      'T\u0337h\u0336e\u0335 \u0336d\u0337o\u0335o\u0336r\u0337 remembers who opened it.',
    ],
  },
  {
    script: 'greek',
    names: ['Ελένη Παπαδοπούλου', 'Νίκος Αγγέλου', 'Σοφία Δημητρίου'],
    words: ['Λαβύρινθος', 'Σπαθί', 'Φωτιά', 'Ὀδυσσεύς', 'Θάλασσα'],
    sentences: ['Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.', 'Ο δράκος κοιμόταν πάνω στον χρυσό, όπως πάντα.'],
  },
  {
    script: 'cyrillic',
    names: ['Анна Королёва', 'Дмитрий Щукин', 'Олександра Їжакевич', 'Ђорђе Петровић'],
    words: ['Буря', 'Ёлка', 'Щит', 'Змей', 'Жар-птица'],
    sentences: ['Съешь же ещё этих мягких французских булок, да выпей чаю.', 'Чарівник програв у кості власну вежу.'],
  },
  {
    script: 'arabic',
    names: ['ليلى الحداد', 'يوسف المنصور', 'مريم الشامي'],
    words: ['السيف', 'القلعة', 'التنين', 'الصحراء'],
    sentences: ['نصٌّ حكيمٌ له سرٌّ قاطعٌ وذو شأنٍ عظيم.', 'وصلنا إلى البرج رقم ١٢ عند الغروب.'],
  },
  {
    script: 'hebrew',
    names: ['נועה לוי', 'אברהם כהן', 'שירה בן־דוד'],
    words: ['חרב', 'מגדל', 'דרקון', 'ירח'],
    sentences: ['דג סקרן שט בים מאוכזב ולפתע מצא חברה.', 'הדלת נפתחה (שוב) אל חדר ריק.'],
  },
  {
    script: 'devanagari',
    names: ['आरव शर्मा', 'प्रिया क्षत्रिय', 'ज्ञानेश त्रिपाठी'],
    words: ['तलवार', 'अग्नि', 'दुर्ग', 'श्रृंखला'],
    sentences: ['ऋषियों को सताने वाले दुष्ट राक्षसों का अंत हुआ।', 'हमने किले का द्वार खोला और भीतर सन्नाटा था।'],
  },
  {
    script: 'chinese, japanese, korean',
    names: ['王小明', '𠮷田 葵', '佐藤 さくら', '김민준', '欧阳娜娜'],
    words: ['龍', '火の城', '검은 숲', '剣', '迷宮', '𩸽'],
    sentences: [
      '天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。',
      'いろはにほへと ちりぬるを わかよたれそ つねならむ',
      '키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.',
    ],
  },
  {
    script: 'thai',
    names: ['สมชาย ใจดี', 'กัญญา ศรีสุข'],
    words: ['ดาบ', 'มังกร', 'ปราสาท'],
    sentences: ['เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน', 'นักรบหลับอยู่หน้าประตูตลอดทั้งคืน'],
  },
  {
    script: 'emoji and other planes',
    names: ['🐉 Drake 🔥', '𝕾𝖎𝖗 𝕲𝖆𝖜𝖆𝖎𝖓', '👩‍🚀 Nova', '𐌰𐌿𐌲𐌰'],
    words: ['⚔️', '🏰', '🧙‍♂️', '🎲', '𝔇𝔯𝔞𝔤𝔬𝔫', '🇺🇳'],
    sentences: ['🎲🎲 = 12 ❗ 🐉 ran. 👨‍👩‍👧‍👦 cheered 🎉', '𝓦𝓮 𝓬𝓪𝓶𝓮, 𝔀𝓮 𝓼𝓪𝔀, we left 🏃🏽‍♀️💨'],
  },
  {
    script: 'what breaks keys and quoting',
    names: ['Robert"); DROP TABLE users;--', '#hash# %23 %', "Q'onos \\ N", '<b>Bold</b> & Co'],
    words: ['#', '%', '100%', 'C#', '%23', 'a#b#c', '{id}', '$$', "''"],
    sentences: [
      'Tab\there, line\nbreak, quote " and \\ backslash, 100% #1 {id} $1 :name.',
      '  leading, trailing and  double  spaces ',
      'null NULL \\N {} [] "" \'\' 0 -0 NaN \u200b\u00a0\ufeff zero width and no-break',
    ],
  },
];
