"""Random tunes for property tests: any ABC that is music, with right bars or wrong ones."""

from __future__ import annotations

from hypothesis import strategies as st

LENGTHS = ["", "", "", "2", "3", "4", "/", "/2", "3/2", "/4", "3/4", "2/3"]
PITCHES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "", "", "^", "_", "=", "^^", "__"]),
        st.sampled_from("CDEFGABcdefgab"),
        st.sampled_from(["", "", "", "'", ",", "''", ",,"]),
    ),
)


@st.composite
def notes(draw: st.DrawFn) -> str:
    """A note, chord or rest with anything that may stand at it."""
    before = draw(st.sampled_from(["", "", "", "", " ", "~", "T", "{c}", "{^dc}", '"Am"', '"^slow"', "(", ".", "!p!"]))
    kind = draw(st.sampled_from("nnnnncz"))
    pitch = {"n": draw(PITCHES), "c": f"[{draw(PITCHES)}{draw(PITCHES)}]", "z": draw(st.sampled_from("zx"))}[kind]
    tie = "" if kind == "z" else draw(st.sampled_from(["", "", "", "", "-"]))
    after = draw(st.sampled_from(["", "", "", "", ")", "{de}"]))
    return before + pitch + draw(st.sampled_from(LENGTHS)) + tie + after


@st.composite
def groups(draw: st.DrawFn) -> str:
    """A few notes: plain, in broken rhythm, or a tuplet."""
    kind = draw(st.sampled_from(["plain", "plain", "broken", "triplet", "general"]))
    if kind == "broken":
        return draw(notes()) + draw(st.sampled_from([">", "<", ">>"])) + draw(notes())
    if kind == "triplet":
        return "(3" + draw(notes()) + draw(notes()) + draw(notes())
    if kind == "general":
        size = draw(st.integers(1, 5))
        return f"({draw(st.integers(2, 9))}:{draw(st.integers(1, 7))}:{size}" + "".join(
            draw(notes()) for _ in range(size)
        )
    return "".join(draw(st.lists(notes(), min_size=1, max_size=5)))


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Bars with any signs between them."""
    text = ""
    for _ in range(draw(st.integers(1, 9))):
        text += draw(
            st.sampled_from(
                ["", "", "", "", "", "[M:6/8]", "[K:Edor]", "[L:1/16]", "[1", "[2", "\nP:B\n", "[V:2]", "[V:1]"]
            )
        )
        text += "".join(draw(st.lists(groups(), max_size=4)))
        text += draw(
            st.sampled_from(["|", "|", "|", "|", "||", ":|", "|:", "::", "|]", "|1", ":|2", "|\n", "\n", '"Fine"|'])
        )
        text += draw(
            st.sampled_from(["", "", "", "", "\nw:la- la * la_|la\n", "Z2|", "% remark\n", "[P:A]", "A&c2|", "\n\n"])
        )
    return text


@st.composite
def tunes(draw: st.DrawFn) -> str:
    """A whole tune."""
    meter = draw(st.sampled_from(["4/4", "C", "C|", "6/8", "3/4", "2/4", "9/8", "none", "(2+3)/8"]))
    unit = draw(st.sampled_from(["1/8", "1/16", "1/4"]))
    key = draw(
        st.sampled_from(["D", "G", "Edor", "Bb", "F#min", "none", "HP", "Hp", "D exp ^f _b", "Amix ^g", "C#", "Cb"])
    )
    header = draw(
        st.sampled_from(["", "R:reel\n", "Q:1/4=120\n", "P:ABA\n", "C:A. Maker\nO:Here\n", "T:Another name\n"])
    )
    return f"X:1\nT:Property\n{header}M:{meter}\nL:{unit}\nK:{key}\n{draw(bodies())}"
