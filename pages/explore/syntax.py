"""What heads know of grammar: which head follows which relation, and is it more than an offset?

Ask for a treebank and a model, hold every head against the trees in the background, and see one
relation in a sentence beside the attention that named it.
"""

from __future__ import annotations

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.files.treebank import Treebank
from attention_core.marking import N_
from attention_core.numbers.syntax.titles import TITLES
from models.corpora.grammar import GrammarStudy, followed
from models.work.jobs import Job
from pages.explore.parts import profiles, treebanks
from pages.explore.parts.treebanks import ORIGINS, Line, Origin
from pages.frame import ask, background, downloads, link, prose, site
from pages.frame.language import _, ngettext
from pages.showing import choosing, naming
from pages.showing.readings import read, reader

PAGE = "syntax"
CARD = site.Page(
    PAGE, N_("What heads know of grammar"), order=65, door="inside",
    promise=N_("Which head follows subjects, which objects, and is it more than a fixed distance?"),
)  # fmt: skip
REDRAW = 3.0
"""Seconds between two drawings of a table that grows; of a large file four times as many."""
LARGE = 500

MODEL = choosing.model(PAGE)
FROM: link.Choice[Origin] = link.one_of(PAGE, "from", ORIGINS, "english")
JOB = background.choice(PAGE)
RELATION = link.text(PAGE, "relation", "nsubj")
SENTENCE = link.number(PAGE, "sentence", default=0)
CUT = link.flag(PAGE, "cut")
PROBE = link.flag(PAGE, "probe")
CHOICES = (MODEL, FROM, JOB, RELATION, SENTENCE, CUT, PROBE)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What do heads know of grammar?"), anchor=False)
    prose.lead(
        _(
            "A head that follows grammar lets each subject look at its verb, each determiner at "
            "its noun. Every head of a model is held against the trees of a treebank, and against "
            "the simplest guess: always the word so many places further on."
        )
    )
    model, bank = asked()
    job = worked(model, bank)
    link.publish(CHOICES)
    if job is not None:
        every = REDRAW if job.total <= LARGE else 4 * REDRAW
        background.shown(job, shown, every, background.SENTENCES)


def asked() -> tuple[str, Treebank | None]:
    """Of whom, and on which sentences: a file, our own, or those of the work in the address."""
    given, side = st.columns([7, 4], gap="medium")
    with side:
        model = choosing.choose_model(MODEL, "read", (SENTENCE,))
    with given:
        bank = treebanks.asked(FROM, PAGE, CUT, (JOB, SENTENCE))
    if bank is None and link.value(FROM) == "own":
        work = background.remembered(JOB, GrammarStudy)
        bank = Treebank(tuple(work.trees)) if work is not None else None
    return model, bank


def worked(model: str, bank: Treebank | None) -> Job[AttentionError | None] | None:
    """The study of these sentences in this model."""
    if bank is None:
        return None
    label = ngettext("Study {count} sentence", "Study {count} sentences", len(bank))
    return background.worked(
        JOB,
        background.key(PAGE, bank.key, model),
        link.value(FROM) != "own",
        lambda: GrammarStudy(reader(model), bank.trees),
        CUT,
        label.format(count=f"{len(bank):,}"),
    )


def shown(job: Job[AttentionError | None]) -> None:
    """Everything that is known so far."""
    study = job.work
    if not isinstance(study, GrammarStudy):
        return
    unread(list(job.rows))
    lines = [Line(one, study.heads[one.head]) for one in study.table()]
    if not lines:
        if not job.running:
            prose.caption(prose.filled(_("There are too few sentences for a table.")))
        return
    counted(study)
    line = treebanks.chosen(RELATION, lines)
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.subheader(_("Heads against the best offset"), anchor=False)
        show_dots(lines, line)
    with right:
        st.subheader(_("Every relation"), anchor=False)
        show_table(lines)
    st.subheader(naming.relation(line.relation), anchor=False)
    show_sentence(study, line)
    show_heads(study)
    if not job.running:
        show_together(job.key, study)
    link.publish(CHOICES)


def unread(problems: list[AttentionError | None]) -> None:
    """How many sentences the model could not read, and why the first of them."""
    wrong = [problem for problem in problems if problem is not None]
    if wrong:
        prose.note(
            prose.filled(
                ngettext(
                    "{count} sentence was left out: {reason}",
                    "{count} sentences were left out; the first of them: {reason}",
                    len(wrong),
                ),
                count=len(wrong),
                reason=_(wrong[0].sentence).format(**wrong[0].values),
            )
        )


def counted(study: GrammarStudy) -> None:
    """What the figures rest on."""
    read_, lost = study.counted()
    prose.note(
        prose.filled(
            _(
                "{count} sentences: each relation's head and offset are chosen on one half of "
                "them and reported on the other. Attention to a word is the sum over its pieces, "
                "from it their mean; a word's own weight and that of special tokens are left out; "
                "punctuation may be looked at."
            ),
            count=f"{read_:,}",
        )
    )
    if lost:
        prose.note(
            prose.filled(
                ngettext(
                    "{count} word was not counted: it or its head has no token of its own.",
                    "{count} words were not counted: they or their heads have no tokens of their "
                    "own.",
                    lost,
                ),
                count=f"{lost:,}",
            )
        )


def show_dots(lines: list[Line], line: Line) -> None:
    """Relations as lines from offset to head; a click chooses one."""

    def took() -> None:
        open_relation(treebanks.dot(f"{PAGE}.dots", lines))

    treebanks.dots(lines, line.relation, f"{PAGE}.dots", took)


def show_table(lines: list[Line]) -> None:
    def took() -> None:
        open_relation(treebanks.table_row(f"{PAGE}.table", lines))

    treebanks.table(lines, f"{PAGE}.table", took)
    downloads.lines("CSV", lambda: treebanks.rows(lines), "grammar.csv")


def open_relation(line: Line | None) -> None:
    if line is not None:
        link.choose(RELATION, line.relation or "ALL")
        SENTENCE.forget()


def show_sentence(study: GrammarStudy, line: Line) -> None:
    """A sentence with the arcs that the head names, and the attention that named them."""
    prose.caption(treebanks.said(line))
    found = treebanks.having(study.trees, line.relation)
    if not found:
        return
    if link.value(SENTENCE) not in found:
        link.choose(SENTENCE, found[0])
    titles = {at: study.trees[at].text for at in found}
    tree = study.trees[choosing.dropdown(SENTENCE, _("Sentence"), titles)]
    reading = ask.answered(lambda: read(link.value(MODEL), tree.text, cut=True), CUT)
    if reading is None:
        return
    named = followed(reading.record, tree, line.head, line.found.direction)
    left, right = st.columns([6, 5], gap="large")
    with left:
        treebanks.drawn(tree, line.relation, named, f"{PAGE}.arcs")
        elsewhere(tree.text, line)
    with right:
        treebanks.looked(tree, reading.record, line, f"{PAGE}.matrix")


def show_heads(study: GrammarStudy) -> None:
    """Every head of the model: what it is called, which are alike, where each layer looks."""
    profile = study.profile()
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.subheader(_("What each head is called"), anchor=False)
        profiles.table(profile, study.heads, study.follows())
        prose.note(
            prose.filled(
                _("Labels are means over the first {count} sentences."), count=profile.sentences
            )
        )
    with right:
        st.subheader(_("Which heads look alike"), anchor=False)
        profiles.alike(profile, study.heads, f"{PAGE}.alike")
    st.subheader(_("Where each layer looks"), anchor=False)
    profiles.layers(profile, f"{PAGE}.layers")


def show_together(key: str, study: GrammarStudy) -> None:
    """What all heads know together, when it is asked for: it reads the sentences once more."""
    st.subheader(_("All heads together"), anchor=False)
    if not link.value(PROBE):
        st.button(
            _("Teach a probe on all heads"), icon=":material/play_arrow:", key=f"{PAGE}.teach",
            on_click=link.choose, args=(PROBE, True),
        )  # fmt: skip
        return
    found = ask.answered(
        lambda: profiles.asked_together(key, study), place="probe",
        doing=_("Reading sentences with trees …"),
    )  # fmt: skip
    if found is not None:
        profiles.told(found)


def elsewhere(text: str, line: Line) -> None:
    """The way to Explore, with this sentence and this head."""
    head, label = line.head, f"{naming.FOLLOWS}{line.relation}"
    asked = {
        "model": link.value(MODEL), "text": text, "kind": head.kind,
        "layer": str(head.layer + 1), "heads": str(head.number + 1), "grain": "words",
        **({"label": label} if line.relation and line.relation in TITLES else {}),
    }  # fmt: skip
    st.page_link(
        site.file("explore"), label=_("Open this head in Explore"),
        icon=":material/arrow_forward:", query_params=asked,
    )  # fmt: skip


if __name__ == "__main__":
    page()
