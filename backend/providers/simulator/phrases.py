"""What the characters say, language by language. Data only; `{subject}` is what the prompt is about,
`{heading}` the same with a capital letter."""
# ruff: noqa: RUF001, E501 - other scripts have letters that look like ours; a phrase reads best on one line

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phrases:
    label: str  # the language, by its own name
    hello: str
    simulated: str  # the honest sentence; `{name}` is who says it
    earlier: str  # `{earlier}` is what the turn before was about
    short: tuple[str, ...]
    points: tuple[str, ...]
    thinking: tuple[str, ...]
    close: str
    columns: str = "Part | Weight | Time | Share"


ENGLISH: Final = Phrases(
    "English",
    "Hello",
    "{name} is simulated: these words come from a script, no model was asked.",
    "Before that it was **{earlier}**; this answer builds on it.",
    (
        "**{heading}**: name the one thing that has to be true at the end, then take the shortest way there.",
        "**{heading}** comes down to a trade: what you keep simple now, you will not have to explain later.",
        "**{heading}** is easier from the far end: picture the finished result, then ask what has to come right before it.",
        "For **{subject}**, a small example you can check by hand beats a long argument.",
    ),
    (
        "**Start from the result.** Write down how you would recognise a good answer to “{subject}” before looking for one.",
        "**Find the part that hurts.** Most of *{subject}* is routine; one part decides whether it works. Look there first.",
        "**Try it small.** Take the smallest case of *{subject}* that is still real, and follow it by hand from start to end.",
        "**Measure before you improve.** An opinion about *{subject}* costs nothing, a number costs a minute and is worth more.",
        "**Say what you leave out.** Whatever you decide about *{subject}*, the limits belong beside the result.",
        "**Come back tomorrow.** What looks obvious about *{subject}* today should survive a second reading.",
    ),
    (
        "The question is “{question}”. ",
        "So the heart of it is {subject}. Let me look at it from two sides before I commit to one. ",
        "On one side, the direct way: say what it is, give an example, stop. That is short, and short is kind. ",
        "On the other side, somebody who asks about {words} may want to decide something, and then reasons matter more than a definition. ",
        "A middle way: a plain statement first, reasons after it, and what would change my mind at the end. ",
        "Is anything missing? The limits. I should say where this stops being true. ",
        "Good. I will keep the order: statement, reasons, limits. ",
    ),
    "If only one thing stays: begin with the part of {subject} that you can check today.",
)

LANGUAGES: Final = {
    "en": ENGLISH,
    "de": Phrases(
        "Deutsch",
        "Guten Tag",
        "{name} ist simuliert: Diese Sätze stammen aus einem Drehbuch, kein Modell wurde gefragt.",
        "Zuvor ging es um **{earlier}**; daran schließt diese Antwort an.",
        (
            "**{heading}**: Erst festlegen, woran man ein gutes Ergebnis erkennt, dann den kürzesten Weg dorthin nehmen.",
            "Bei **{subject}** hilft ein kleines Beispiel, das man von Hand prüfen kann, mehr als ein langes Argument.",
        ),
        (
            "**Vom Ergebnis her denken.** Was muss am Ende bei „{subject}“ stimmen?",
            "**Klein anfangen.** Der kleinste echte Fall zeigt fast alles über *{subject}*.",
            "**Messen, dann verbessern.** Eine Zahl kostet eine Minute und schlägt jede Meinung über *{subject}*.",
            "**Grenzen nennen.** Was weggelassen wurde, gehört neben das Ergebnis.",
        ),
        (
            "Die Frage lautet: „{question}“. ",
            "Im Kern geht es um {subject}. Zwei Seiten sind abzuwägen. ",
            "Kurz wäre höflich; Gründe wären nützlicher. ",
            "Also zuerst die Aussage, dann die Gründe, zuletzt die Grenzen. ",
        ),
        "Wenn nur eines bleibt: Mit dem Teil von {subject} beginnen, der sich heute prüfen lässt.",
        "Teil | Gewicht | Zeit | Anteil",
    ),
    "fr": Phrases(
        "Français",
        "Bonjour",
        "{name} est simulé : ces phrases viennent d’un scénario, aucun modèle n’a été interrogé.",
        "Auparavant, il s’agissait de **{earlier}** ; cette réponse en part.",
        (
            "**{heading}** : dire d’abord à quoi l’on reconnaît un bon résultat, puis prendre le chemin le plus court.",
            "Pour **{subject}**, un petit exemple vérifié à la main vaut mieux qu’un long discours.",
        ),
        (
            "**Partir du résultat.** Qu’est-ce qui doit être vrai à la fin pour « *{subject}* » ?",
            "**Commencer petit.** Le plus petit cas réel montre presque tout.",
            "**Mesurer avant d’améliorer.** Un chiffre coûte une minute et vaut mieux qu’un avis sur *{subject}*.",
            "**Nommer les limites.** Ce qui est laissé de côté se dit à côté du résultat.",
        ),
        (
            "La question est : « {question} ». ",
            "Au fond, il s’agit de {subject}. Pesons les deux côtés. ",
            "Être bref serait poli ; donner des raisons serait utile. ",
            "Donc : l’énoncé, les raisons, puis les limites. ",
        ),
        "S’il ne reste qu’une chose : commencer par ce que l’on peut vérifier aujourd’hui.",
        "Partie | Poids | Temps | Part",
    ),
    "es": Phrases(
        "Español",
        "Buenos días",
        "{name} es simulado: estas frases salen de un guion, no se preguntó a ningún modelo.",
        "Antes se trataba de **{earlier}**; esta respuesta continúa desde ahí.",
        (
            "**{heading}**: primero decidir cómo se reconoce un buen resultado, después tomar el camino más corto.",
            "En **{subject}**, un ejemplo pequeño que se comprueba a mano vale más que un argumento largo.",
        ),
        (
            "**Empezar por el resultado.** ¿Qué debe ser cierto al final en «{subject}»?",
            "**Probar en pequeño.** El caso real más pequeño enseña casi todo.",
            "**Medir antes de mejorar.** Un número cuesta un minuto y vale más que una opinión sobre *{subject}*.",
            "**Decir los límites.** Lo que se deja fuera va junto al resultado.",
        ),
        (
            "La pregunta es: «{question}». ",
            "En el fondo se trata de {subject}. Veamos los dos lados. ",
            "Ser breve sería amable; dar razones sería útil. ",
            "Entonces: la afirmación, las razones y los límites. ",
        ),
        "Si solo queda una cosa: empezar por la parte que se puede comprobar hoy.",
        "Parte | Peso | Tiempo | Cuota",
    ),
    "it": Phrases(
        "Italiano",
        "Buongiorno",
        "{name} è simulato: queste frasi vengono da un copione, nessun modello è stato interrogato.",
        "Prima si parlava di **{earlier}**; questa risposta parte da lì.",
        ("**{heading}**: prima dire come si riconosce un buon risultato, poi prendere la strada più breve.",),
        (
            "**Partire dal risultato.** Che cosa deve essere vero alla fine per «{subject}»?",
            "**Provare in piccolo.** Il caso reale più piccolo mostra quasi tutto.",
            "**Misurare prima di migliorare.** Un numero vale più di un’opinione.",
        ),
        (
            "La domanda è: «{question}». ",
            "In fondo si tratta di {subject}. ",
            "Quindi: l’enunciato, le ragioni, i limiti. ",
        ),
        "Se resta una cosa sola: cominciare da ciò che si può verificare oggi.",
    ),
    "pt": Phrases(
        "Português",
        "Bom dia",
        "{name} é simulado: estas frases vêm de um guião, nenhum modelo foi consultado.",
        "Antes tratava-se de **{earlier}**; esta resposta parte daí.",
        (
            "**{heading}**: primeiro decidir como se reconhece um bom resultado, depois seguir o caminho mais curto.",
        ),
        (
            "**Começar pelo resultado.** O que tem de ser verdade no fim em «{subject}»?",
            "**Experimentar em pequeno.** O menor caso real mostra quase tudo.",
            "**Medir antes de melhorar.** Um número vale mais do que uma opinião.",
        ),
        (
            "A pergunta é: «{question}». ",
            "No fundo trata-se de {subject}. ",
            "Então: a afirmação, as razões, os limites. ",
        ),
        "Se só ficar uma coisa: começar pelo que se pode verificar hoje.",
    ),
    "ru": Phrases(
        "Русский",
        "Здравствуйте",
        "{name} — симуляция: эти фразы взяты из сценария, модель не запрашивалась.",
        "До этого речь шла о **{earlier}**; ответ продолжает эту тему.",
        (
            "**{heading}**: сначала решить, по чему узнать хороший результат, потом идти к нему кратчайшим путём.",
        ),
        (
            "**Идти от результата.** Что должно быть верно в конце для «{subject}»?",
            "**Начать с малого.** Самый маленький настоящий случай показывает почти всё.",
            "**Сначала измерить.** Число полезнее мнения.",
        ),
        ("Вопрос: «{question}». ", "По сути речь о {subject}. ", "Итак: утверждение, доводы, границы. "),
        "Если останется одно: начать с того, что можно проверить сегодня.",
    ),
    "el": Phrases(
        "Ελληνικά",
        "Καλημέρα",
        "Ο {name} είναι προσομοίωση: οι φράσεις έρχονται από σενάριο, κανένα μοντέλο δεν ρωτήθηκε.",
        "Πριν ήταν **{earlier}**· η απάντηση συνεχίζει από εκεί.",
        ("**{heading}**: πρώτα πώς αναγνωρίζεται ένα καλό αποτέλεσμα, μετά ο συντομότερος δρόμος.",),
        (
            "**Από το τέλος προς την αρχή.** Τι πρέπει να ισχύει για «{subject}»;",
            "**Μικρά βήματα.** Η μικρότερη πραγματική περίπτωση δείχνει σχεδόν τα πάντα.",
        ),
        ("Η ερώτηση: «{question}». ", "Στην ουσία: {subject}. ", "Πρώτα η θέση, μετά οι λόγοι. "),
        "Αν μείνει ένα: αρχίστε από ό,τι ελέγχεται σήμερα.",
    ),
    "ja": Phrases(
        "日本語",
        "こんにちは",
        "{name} はシミュレーションです。この文章は台本によるもので、モデルには問い合わせていません。",
        "先ほどの話題は「{earlier}」でした。その続きとしてお答えします。",
        ("**{heading}** については、まず良い結果の見分け方を決め、それから最短の道を選びます。",),
        (
            "**結果から考える。** 「{subject}」の最後に何が成り立つべきでしょうか。",
            "**小さく試す。** 最小の実例がほとんどすべてを教えてくれます。",
            "**測ってから直す。** 一つの数字は多くの意見に勝ります。",
        ),
        (
            "質問は「{question}」です。",
            "要するに {subject} のことです。二つの面から考えます。",
            "まず結論、次に理由、最後に限界を述べます。",
        ),
        "一つだけ残すなら、今日確かめられるところから始めることです。",
    ),
    "zh": Phrases(
        "中文",
        "你好",
        "{name} 是模拟的:这些话来自脚本,没有询问任何模型。",
        "之前谈的是“{earlier}”,这里接着说。",
        ("**{heading}**:先确定怎样算是好结果,再走最短的路。",),
        (
            "**从结果出发。** “{subject}”最后必须成立的是什么?",
            "**从小处试起。** 最小的真实例子几乎能说明一切。",
            "**先测量,再改进。** 一个数字胜过许多看法。",
        ),
        ("问题是“{question}”。", "核心是 {subject},要看两面。", "先说结论,再说理由,最后说界限。"),
        "如果只记住一点:从今天就能验证的部分开始。",
    ),
    "ko": Phrases(
        "한국어",
        "안녕하세요",
        "{name}은(는) 시뮬레이션입니다. 이 문장은 대본에서 나온 것이며 어떤 모델에도 묻지 않았습니다.",
        "앞에서는 “{earlier}” 이야기였고, 그 뒤를 잇습니다.",
        ("**{heading}**: 먼저 좋은 결과를 알아보는 기준을 정하고, 가장 짧은 길을 택합니다.",),
        (
            "**결과에서 시작하기.** “{subject}”에서 마지막에 참이어야 하는 것은 무엇일까요?",
            "**작게 해 보기.** 가장 작은 실제 사례가 거의 모든 것을 보여 줍니다.",
        ),
        ("질문은 “{question}”입니다. ", "핵심은 {subject}입니다. ", "결론, 이유, 한계 순서로 말하겠습니다. "),
        "하나만 남긴다면, 오늘 확인할 수 있는 것부터 시작하세요.",
    ),
    "ar": Phrases(
        "العربية",
        "مرحبًا",
        "{name} محاكاة: هذه الجمل من نص مكتوب، ولم يُسأل أي نموذج.",
        "كان الحديث قبل ذلك عن **{earlier}**، وهذا الجواب يتابعه.",
        ("**{heading}**: نحدد أولًا كيف نعرف النتيجة الجيدة، ثم نسلك أقصر طريق إليها.",),
        (
            "**ابدأ من النتيجة.** ما الذي يجب أن يصح في النهاية في «{subject}»؟",
            "**جرّب على مثال صغير.** أصغر حالة حقيقية تكشف كل شيء تقريبًا.",
        ),
        ("السؤال هو: «{question}». ", "جوهر الأمر {subject}. ", "القول أولًا، ثم الأسباب، ثم الحدود. "),
        "إن بقي شيء واحد: ابدأ بما يمكن التحقق منه اليوم.",
    ),
    "he": Phrases(
        "עברית",
        "שלום",
        "{name} הוא סימולציה: המשפטים באים מתסריט, שום מודל לא נשאל.",
        "קודם דובר על **{earlier}**; התשובה ממשיכה משם.",
        ("**{heading}**: קודם מחליטים איך מזהים תוצאה טובה, ואז הולכים בדרך הקצרה.",),
        (
            "**מתחילים מהתוצאה.** מה חייב להיות נכון בסוף ב„{subject}”?",
            "**מנסים בקטן.** המקרה האמיתי הקטן ביותר מראה כמעט הכול.",
        ),
        ("השאלה היא: „{question}”. ", "בעצם מדובר ב{subject}. ", "קודם הטענה, אחר כך הנימוקים. "),
        "אם נשאר רק דבר אחד: להתחיל במה שאפשר לבדוק היום.",
    ),
    "hi": Phrases(
        "हिन्दी",
        "नमस्ते",
        "{name} एक सिमुलेशन है: ये वाक्य एक पटकथा से हैं, किसी मॉडल से नहीं पूछा गया।",
        "पहले बात **{earlier}** की थी; यह उत्तर वहीं से आगे बढ़ता है।",
        ("**{heading}**: पहले तय करें कि अच्छा परिणाम कैसे पहचाना जाएगा, फिर सबसे छोटा रास्ता लें।",),
        (
            "**परिणाम से शुरू करें।** “{subject}” में अंत में क्या सच होना चाहिए?",
            "**छोटे से आज़माएँ।** सबसे छोटा असली उदाहरण लगभग सब कुछ दिखा देता है।",
        ),
        ("प्रश्न है: “{question}”। ", "मूल बात है {subject}। ", "पहले कथन, फिर कारण, फिर सीमाएँ। "),
        "अगर एक ही बात रहे: जो आज जाँचा जा सके, वहीं से शुरू करें।",
    ),
}
