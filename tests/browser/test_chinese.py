"""In Chinese, nothing on a page is left in English but names, formats and the reader's words."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.frame import PAGES, address, opened
from tests.browser.server import Server, serving

VISIBLE: Final = """() => {
    const apart = "style, script, textarea, bdi, .token, .atlas-token, .atlas-headline, "
        + ".atlas-steps, .atlas-sentence, .js-plotly-plot .xtick, [data-testid=stIconMaterial], "
        + "[data-testid=stExpanderIcon], [data-testid=stHeaderLogo], "
        + "[data-testid=stAlertDynamicIcon], "
        + "[data-testid=stSkipLink], .st-key-language, canvas, .equation, .katex, a[href^=https], "
        + ".atlas-bars [role=rowheader], .st-key-decides-show, .st-key-scenes-word, "
        + ".st-key-emoji-piece, .st-key-emoji-word, .st-key-emoji-drawing, "
        + ".st-key-switched-place, .st-key-switched-word, .st-key-switched-words .ytick, "
        + ".st-key-syntax-sentence, .st-key-explanation-sentence, .st-key-explanation-piece, "
        + ".st-key-explanation-bars .ytick, .st-key-which-from, .st-key-which-to";
    const found = [];
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent);
        if (node.nodeType === Node.ELEMENT_NODE) {
            if (node.matches(apart) || getComputedStyle(node).display === "none") return;
            if (node.getRootNode() !== document) {  // in a widget of ours
                for (const name of ["aria-label", "title", "placeholder"]) {
                    if (node.hasAttribute(name)) found.push(node.getAttribute(name));
                }
            }
            if (node.shadowRoot) node.shadowRoot.childNodes.forEach(walk);
        }
        node.childNodes.forEach(walk);
    };
    walk(document.querySelector("[data-testid=stApp]"));
    return found;
}"""
"""All visible text, and in our widgets also what a screen reader says of them; words of the
reader and of the models, equations, titles of papers, and Streamlit's own parts, are left out."""

NAMES: Final = re.compile(
    r"Attention Atlas|Apache-2\.0|PNG|SVG|CSV|NPZ|JSON|Pharaoh|MiniLM|all-MiniLM-L6-v2|ALBERT|BERT|"
    r"Shift|\bbat\b|Grad-CAM|\[(?:CLS|DIST|REG\d*)\]|SMILES|RXNMapper|EfficientNet-Lite0|Whisper|WAV|"
    r"Bahdanau|Tatoeba|Hugging Face|Escape|Esc|Enter|https?://\S+|"
    r"bert-base-uncased|Skip to main content|AER|BLEU|chrF|Transformer|Luong|Cho|Bengio|Marian|"
    r"LightConv|DynamicConv|Longformer|BigBird|ALiBi|CLIP|Gumbel|[Ss]parsemax|entmax|softmax|"
    r"local-[mp]|REINFORCE|Python|tanh|Noto Emoji|Google|Unicode(?:-3\.0)?|CLDR|Twemoji|"
    r"Kendall|BertViz|MLP|logit|CoNLL-U|[a-z]+(?::[a-z]+)?(?= · )|UCI|Alpaydin|Kaynak|"
    r"Jensen–Shannon|"
    r"OpenNMT|Nematus|Helsinki-NLP/opus-mt-en-fr|（(?:general|location|concat|dot)[^）]*）"
)


def english(page: Page) -> list[str]:
    """Every piece of text in which an English word is left."""
    pieces = [NAMES.sub("", str(text)) for text in page.evaluate(VISIBLE)]
    return [text.strip() for text in pieces if re.search("[A-Za-z]{2,}", text)]


def test_what_is_left_in_english_would_be_found(page: Page, server: Server) -> None:
    opened(page, server.url)
    page.locator(".widget .note").first.wait_for()
    found = " ".join(english(page))
    for seen in ("See what a model looks at", "At the translation", "click to keep it", "PNG"):
        assert (seen in found) is (seen != "PNG")


@pytest.mark.parametrize("name", PAGES)
def test_no_english_of_ours_is_left_on_a_chinese_page(
    name: str, page: Page, server: Server
) -> None:
    opened(page, f"{server.url}{address(name)}?lang=zh")
    page.locator(".widget .note, .js-plotly-plot, main iframe").first.wait_for(state="attached")
    assert english(page) == []
    for menu in page.get_by_test_id("stPopoverButton").all():
        menu.click()
        page.get_by_test_id("stPopoverBody").wait_for()
        assert english(page) == []
        page.keyboard.press("Escape")
        page.get_by_test_id("stPopoverBody").wait_for(state="detached")


def test_what_streamlit_says_of_a_long_run_is_not_shown(page: Page, server: Server) -> None:
    """It stands there only while a run takes longer than half a second, so a twin stands for it."""
    opened(page, f"{server.url}/lab?lang=zh")
    page.evaluate("""() => {
        const status = document.createElement("div");
        status.dataset.testid = "stStatusWidget";
        status.innerHTML = "<span>●</span><button>Stop</button>";
        document.querySelector("[data-testid=stApp]").append(status);
    }""")
    status = page.get_by_test_id("stStatusWidget").last
    assert status.locator("span").is_visible()
    assert status.locator("button").is_hidden()


def test_a_server_that_is_gone_is_told_in_chinese(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = browser.new_page()  # its complaints about the server that is gone are right
    page.clock.install()
    with serving(tmp_path_factory.mktemp("short") / "log.txt") as short:
        opened(page, f"{short.url}/cost?lang=zh")
    dialog = page.get_by_role("dialog")
    for _try in range(100):  # the page tries again after longer and longer times
        if dialog.is_visible():
            break
        page.clock.run_for(5_000)
        page.wait_for_timeout(100)
    said = dialog.locator("h2").evaluate("title => getComputedStyle(title, '::after').content")
    assert "服务器没有响应" in said
    assert dialog.get_by_test_id("stErrorCodeBlock").is_hidden()
    page.close()
