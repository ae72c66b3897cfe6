"""How often the coding of a text file is recognised, by language, coding and number of lines.

Lines are drawn at random: sentences that we wrote, and names of countries and languages from the
Unicode CLDR that Babel brings, three a line, which nothing here was made from. *Right* means that
the text is read as it was written; otherwise it is left to the reader (asked) or read wrongly.

    python -m benchmarks.codings [lines drawn of each kind, 200]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Final

from babel import Locale

from attention_core.errors import TextError
from attention_core.files.text import decoded

LINES: Final = (1, 3, 10, 100)
CODINGS: Final = {
    "ru": ("cp1251", "koi8_r", "iso8859_5", "cp866"), "uk": ("cp1251", "koi8_u"),
    "bg": ("cp1251",), "el": ("cp1253", "iso8859_7"), "he": ("cp1255",),
    "ar": ("cp1256", "iso8859_6"), "th": ("tis_620",), "tr": ("cp1254",), "is": ("cp1252",),
    "fr": ("cp1252",), "de": ("cp1252",), "zh": ("gb18030",), "zh_Hant": ("big5",),
    "ja": ("cp932", "euc_jp"), "ko": ("euc_kr",),
}  # fmt: skip
SENTENCES: Final = {
    "ru": """Мы долго гуляли по берегу реки.
Завтра утром я поеду к бабушке.
Она читает новую книгу о море.
В комнате было темно и тихо.
Где ты купил такой вкусный хлеб?
Дети играют во дворе с собакой.
Он забыл ключи на столе.
Вчера весь день шёл дождь.
Я не знаю, как это перевести.
Спасибо, мне больше ничего не нужно.""",
    "uk": """Ми довго гуляли берегом річки.
Завтра вранці я поїду до бабусі.
Вона читає нову книжку про море.
У кімнаті було темно й тихо.
Де ти купив такий смачний хліб?
Діти граються на подвір'ї із собакою.
Він забув ключі на столі.
Учора цілий день ішов дощ.
Я не знаю, як це перекласти.
Дякую, мені більше нічого не треба.""",
    "bg": """Дълго се разхождахме край реката.
Утре сутринта ще отида при баба.
Тя чете нова книга за морето.
В стаята беше тъмно и тихо.
Откъде купи този вкусен хляб?
Децата играят на двора с кучето.
Той забрави ключовете на масата.
Вчера цял ден валя дъжд.
Не знам как да преведа това.
Благодаря, не ми трябва нищо друго.""",
    "el": """Περπατήσαμε πολλή ώρα δίπλα στο ποτάμι.
Αύριο το πρωί θα πάω στη γιαγιά.
Διαβάζει ένα καινούργιο βιβλίο για τη θάλασσα.
Στο δωμάτιο ήταν σκοτεινά και ήσυχα.
Πού αγόρασες τόσο νόστιμο ψωμί;
Τα παιδιά παίζουν στην αυλή με τον σκύλο.
Ξέχασε τα κλειδιά στο τραπέζι.
Χθες έβρεχε όλη μέρα.
Δεν ξέρω πώς να το μεταφράσω.
Ευχαριστώ, δεν χρειάζομαι τίποτε άλλο.""",
    "he": """טיילנו זמן רב לאורך הנהר.
מחר בבוקר אסע אל סבתא.
היא קוראת ספר חדש על הים.
בחדר היה חשוך ושקט.
איפה קנית לחם כל כך טעים?
הילדים משחקים בחצר עם הכלב.
הוא שכח את המפתחות על השולחן.
אתמול ירד גשם כל היום.
אני לא יודע איך לתרגם את זה.
תודה, אני לא צריך שום דבר נוסף.""",
    "ar": """مشينا طويلا على ضفة النهر.
سأذهب غدا صباحا إلى بيت جدتي.
تقرأ كتابا جديدا عن البحر.
كانت الغرفة مظلمة وهادئة.
من أين اشتريت هذا الخبز اللذيذ؟
يلعب الأطفال في الفناء مع الكلب.
نسي المفاتيح على الطاولة.
هطل المطر أمس طوال اليوم.
لا أعرف كيف أترجم هذا.
شكرا، لا أحتاج إلى شيء آخر.""",
    "th": """เราเดินเล่นริมแม่น้ำเป็นเวลานาน
พรุ่งนี้เช้าฉันจะไปหายาย
เธออ่านหนังสือเล่มใหม่เกี่ยวกับทะเล
ในห้องมืดและเงียบ
คุณซื้อขนมปังอร่อยแบบนี้ที่ไหน
เด็กๆ เล่นกับสุนัขที่สนาม
เขาลืมกุญแจไว้บนโต๊ะ
เมื่อวานฝนตกทั้งวัน
ฉันไม่รู้ว่าจะแปลคำนี้อย่างไร
ขอบคุณ ฉันไม่ต้องการอะไรอีก""",
    "tr": """Nehir kıyısında uzun uzun yürüdük.
Yarın sabah büyükanneme gideceğim.
Deniz hakkında yeni bir kitap okuyor.
Oda karanlık ve sessizdi.
Bu kadar lezzetli ekmeği nereden aldın?
Çocuklar avluda köpekle oynuyor.
Anahtarları masada unuttu.
Dün bütün gün yağmur yağdı.
Bunu nasıl çevireceğimi bilmiyorum.
Teşekkürler, başka bir şeye ihtiyacım yok.""",
    "is": """Við gengum lengi meðfram ánni.
Á morgun fer ég til ömmu.
Hún les nýja bók um sjóinn.
Það var dimmt og hljótt í herberginu.
Hvar keyptir þú svona gott brauð?
Börnin leika sér við hundinn í garðinum.
Hann gleymdi lyklunum á borðinu.
Í gær rigndi allan daginn.
Ég veit ekki hvernig á að þýða þetta.
Takk, ég þarf ekkert fleira.""",
    "fr": """Nous avons longé la rivière tout l’après-midi.
Demain, j’irai chez ma grand-mère.
Elle lit un nouveau livre où l’on parle de la mer.
La pièce était sombre et silencieuse.
Où as-tu acheté ce pain si bon ?
Les enfants jouent dehors, à côté du chien.
Il a oublié ses clés sur la table.
Hier, il a plu toute la journée.
Je ne sais pas si c’est déjà traduit.
Merci, ça me suffit, « vraiment ».""",
    "de": """Wir gingen lange am Fluss spazieren, über die Brücke.
Morgen früh fahre ich zur Großmutter.
Sie liest ein neues, schönes Buch über das Meer.
Im Zimmer war es dunkel, und niemand hörte etwas.
Wo hast du so gutes Brot für uns gekauft?
Die Kinder spielen draußen mit dem Hündchen.
Er ließ seine Schlüssel auf dem Tisch.
Gestern hörte der Regen nicht auf.
Ich weiß nicht, wie man das übersetzt.
Danke, mehr möchte ich nicht.""",
    "zh": """我们沿着河边走了很久。
明天早上我要去看奶奶。
她在读一本关于大海的新书。
房间里又黑又安静。
你在哪儿买到这么好吃的面包？
孩子们在院子里和狗玩。
他把钥匙忘在桌子上了。
昨天下了一整天的雨。
我不知道怎么翻译这句话。
谢谢，我不需要别的东西了。""",
    "zh_Hant": """我們沿著河邊走了很久。
明天早上我要去看奶奶。
她在讀一本關於大海的新書。
房間裡又黑又安靜。
你在哪裡買到這麼好吃的麵包？
孩子們在院子裡和狗玩。
他把鑰匙忘在桌子上了。
昨天下了一整天的雨。
我不知道怎麼翻譯這句話。
謝謝，我不需要別的東西了。""",
    "ja": """私たちは川のほとりを長い間歩いた。
明日の朝、祖母の家に行きます。
彼女は海についての新しい本を読んでいる。
部屋の中は暗くて静かだった。
こんなにおいしいパンをどこで買ったの。
子供たちは庭で犬と遊んでいる。
彼は机の上に鍵を忘れた。
昨日は一日中雨が降っていた。
これをどう訳せばいいか分かりません。
ありがとう、もう何もいりません。""",
    "ko": """우리는 강가를 오랫동안 걸었다.
내일 아침에 할머니 댁에 갑니다.
그녀는 바다에 관한 새 책을 읽고 있다.
방 안은 어둡고 조용했다.
이렇게 맛있는 빵을 어디서 샀어요?
아이들이 마당에서 개와 놀고 있다.
그는 책상 위에 열쇠를 두고 왔다.
어제는 하루 종일 비가 왔다.
이것을 어떻게 번역해야 할지 모르겠다.
고맙습니다, 더 필요한 것은 없어요.""",
}


def names(language: str) -> list[str]:
    """Countries and languages as that language calls them, in no order."""
    known = Locale.parse(language)
    return [str(name) for table in (known.territories, known.languages) for name in table.values()]


def drawn(language: str, count: int, dice: random.Random) -> dict[str, str]:
    """So many lines of either kind."""
    ours, theirs = SENTENCES[language].splitlines(), names(language)
    return {
        "sentences": "\n".join(dice.choices(ours, k=count)),
        "names": "\n".join(", ".join(dice.sample(theirs, 3)) for _ in range(count)),
    }


def outcome(text: str, codec: str) -> str:
    """What becomes of a text in that coding; letters that it lacks are left out."""
    data = text.encode(codec, "ignore")
    if data.isascii():
        return "plain"
    try:
        return "right" if decoded(data) == data.decode(codec) else "wrong"
    except TextError:
        return "asked"


def shares(found: Sequence[str]) -> str:
    """Right of all, and of the others those read wrongly, in percent."""
    told = [one for one in found if one != "plain"] or ["right"]
    right, wrong = (100 * told.count(kind) / len(told) for kind in ("right", "wrong"))
    return f"{right:.0f}" + (f" ({wrong:.1f})" if wrong else "")


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    head = [f"{kind}, {lines}" for kind in ("sentences", "names") for lines in LINES]
    out = sys.stdout.write
    out(f"| language, coding | {' | '.join(head)} |\n|{'---|' * (len(head) + 1)}\n")
    for language, codecs in CODINGS.items():
        for codec in codecs:
            dice, cells = random.Random(1), dict[str, list[str]]()
            for lines in LINES:
                for _each in range(count):
                    for kind, text in drawn(language, lines, dice).items():
                        cells.setdefault(f"{kind}, {lines}", []).append(outcome(text, codec))
            row = " | ".join(shares(cells[one]) for one in head)
            out(f"| {language}, {codec} | {row} |\n")


if __name__ == "__main__":
    main()
