"""Faults such as people make when they copy a tune by hand, each planted at one place of a real tune.

Only the few characters around the slip stand here; the tunes themselves come from the books that music21 carries and
from the lab's file.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One slip of the pen.

    Attributes:
        name: what went wrong, in a musician's words.
        tune: the file's name, a comma, and how a line of its header ends that no other tune of the file has.
        old: what stands at the place; it occurs once in the tune.
        new: what is written instead.
        bar: where the fault must be told; 0 for the header.
        told: what must be told, as a regular expression.
        also: other bars that the slip necessarily makes wrong.
        note: it is possible music, so that a note is enough.
    """

    name: str
    tune: str
    old: str
    new: str
    bar: int
    told: str
    also: tuple[int, ...] = ()
    note: bool = False


# fmt: off
IRISH_FAULTS = (
    Fault("an eighth left out", "irish.abc, id:dc-reel-297", "age^c d2ef", "age^c d2e", 22, "7 eighths where 8 fit"),
    Fault("a beat too many", "irish.abc, id:dc-reel-248", "Adde f3g", "Adde f3gaf", 7, "5 quarters where 4 fit"),
    Fault("a key misspelt within the tune", "irish.abc, id:dc-jig-176", "K:G Major", "K:G Mjaor", 19, "not a key"),
    Fault("a triplet that takes the next note", "irish.abc, id:dc-hornpipe-13", "(3GFE D2B,D", "(3GF D2B,D", 5,
          "tuplet"),
    Fault("a triplet cut short by the bar line", "irish.abc, id:dc-hornpipe-13", "(3efe|", "(3ef|", 17, "only 2 notes"),
    Fault("a digit too high", "irish.abc, id:dc-ocarolan-6", "B2 A2 G2|", "B2 A2 G3|", 10, "7 eighths where 6 fit"),
    Fault("a first ending too short", "irish.abc, id:dc-reel-75", "cABG AFEA:|", "cABG AFE:|", 4, "7 eighths"),
    Fault("a bar cut in two", "irish.abc, id:dc-reel-309", "defg afdf", "defg |afdf", 3, "2 quarters where 4",
          also=(4,)),
    Fault("a bar line left out", "irish.abc, id:dc-reel-176", "BcdB|BAAG", "BcdB BAAG", 12, "8 quarters where 4 fit"),
    Fault("a last bar that keeps the pickup's time", "irish.abc, id:dc-reel-176", "d2|]", "d3|]", 18, "7 eighths"),
    Fault("a question mark for a note", "irish.abc, id:dc-reel-331", "AdcA GEE2", "Adc? GEE2", 10, r"'\?' means"),
    Fault("a digit left out in the first bar", "irish.abc, id:dc-reel-283", "Major\nDGGF G2BG", "Major\nDGGF GBG", 1,
          "7 eighths in a bar of 8"),
    Fault("a chord that never ends", "irish.abc, id:dc-reel-311", "Bcde|f2af", "[Bcde|f2af", 10, "never closed"),
    Fault("a rest of whole bars among notes", "irish.abc, id:dc-reel-171", "BABd gfge", "BABd Z", 15, "shares its bar"),
    Fault("a pickup left out", "irish.abc, id:dc-jig-3", "D2:|!\nf|g3", "D2:|!\ng3", 19, "after bar 18", note=True),
    Fault("a slash left out", "irish.abc, id:dc-polka-9", "Dd/c/ d/e/d/c/", "Dd/c d/e/d/c/", 4, "9 sixteenths where 8"),
)

BOOK_FAULTS = (
    # Aird's Selection
    Fault("a beat left out", "book3.abc, X:0508", "B2d2 d2cB", "B2d2", 11, "1 quarter where 2 fit"),
    Fault("a slur never closed", "book2.abc, X:0274", "E4 (de)", "E4 (de", 11, "slur", note=True),
    Fault("a slur closed that never began", "book3.abc, X:0498", "e2dcB^A", "e2dcB)^A", 21, "slur", note=True),
    Fault("a key that is none", "book5.abc, X:0807", "K:D", "K:H", 0, "'H' is not a key"),
    Fault("broken rhythm before the first note", "book6.abc, X:1036", "|B>dF>d", "|>B>dF>d", 8, "no note before it"),
    Fault("two bars of a jig run together", "book1.abc, X:0139", "Bcd|gfe fdA", "Bcd gfe fdA", 1,
          "12 eighths where 6 fit"),
    Fault("a note too many", "book1.abc, X:0028", "efg B2G", "efga B2G", 4, "7 eighths where 6 fit"),
    Fault("two marks of broken rhythm", "book6.abc, X:1025", "e>dc>a", "e><dc>a", 7, "right after another"),
    Fault("a repeat that ends before the music", "book3.abc, X:0555", "AAdd (f/e/d/c/)  d", ":|AAdd (f/e/d/c/)  d", 1,
          "a repeat ends before anything was played"),
    Fault("half a meter", "book3.abc, X:0498", "M:3/8", "M:3/", 0, "'3/' is not a meter"),
    Fault("a unit of no length", "book3.abc, X:0402", "L:1/8", "L:1/0", 0, "'1/0' is not a note length"),
    Fault("a chord that runs into the next", "book6.abc, X:1028", "[A,2E2] [A,E]>F", "[A,2E2 [A,E]>F", 3, "chord"),
    Fault("a bracket too many", "book6.abc, X:1041", "G>EA>F D", "G>EA]>F D", 5, "closes no chord"),
    Fault("a triplet's mark written twice", "book5.abc, X:0866", "Gg (3(gfe)", "Gg (3(3gfe)", 2, "inside another"),
    Fault("a tie after a rest", "book2.abc, X:0315", "g2g f2f", "g2z-f2f", 13, "after a rest"),
    Fault("a digit that makes a plain bar an ending", "book4.abc, X:0693", "DA`FA |B2", "3DA`FA |B2", 14, "ending",
          note=True),
    # O'Neill's Music of Ireland
    Fault("a digit left out", "0626-0700.abc, X: 653", "B2 d2 e^f", "B2 d e^f", 8, "5 eighths where 6 fit"),
    Fault("a tie to nothing", "0626-0700.abc, X: 653", "HA2 |]", "HA2- |]", 18, "tie", note=True),
    Fault("grace notes never closed", "1176-1275.abc, X: 1191", "{a}gfed", "{agfed", 14, "never closed"),
    Fault("an octave mark with no note", "1176-1275.abc, X: 1191", "GABd efed", "GABd ,efed", 3, "',' "),
    Fault("a second ending too short", "1376-1475.abc, X: 1407", "dBAF E2 E2||", "dBAF E2 E||", 6,
          "7 eighths where 8 fit"),
    Fault("two first endings", "1376-1475.abc, X: 1407", ":|2\\", ":|1\\", 5, "ending", note=True),
    Fault("broken rhythm with its note forgotten", "0351-0400.abc, X: 360", "e2d cBA|", "e2d cBA<|", 7,
          "no note after it"),
    Fault("a repeat that never ends", "1476-1555.abc, X: 1529", "d2 (de)||", "d2 (de)|:", 6, "repeat", note=True),
    Fault("a triplet that asks for four", "1556-1576.abc, X: 1570", "|:((3ABc)", "|:((3:2:4ABc)", 10, "only 3 notes"),
    Fault("a quotation mark never closed", "1176-1275.abc, X: 1204", '"End"d2', '"Endd2', 8, "never closed"),
    Fault("no key", "1556-1624.abc, X: 1560", "K:G\n", "", 0, "key"),
    Fault("a note beyond every instrument", "1476-1555.abc, X: 1494", "aece fece", "aece f''''''ece", 13, "beyond"),
    Fault("words pasted into the music", "0101-0200.abc, X: 182", "(g>f)|\n", "(g>f)|\nHere the second strain begins\n",
          6, "words where music should be"),
    Fault("a long note's letter left out", "0101-0200.abc, X: 182", "|G6|Hg4", "|6|Hg4", 33,
          "ending|no notes", note=True),
    Fault("an accidental with no note", "1556-1576.abc, X: 1576", "BGDG BcdB", "BGDG B^ dB", 15, r"'\^' "),
    Fault("a digit written twice", "0001-0050.abc, X: 38", "A2 G/2A/2", "A2 G/2A22", 16, "where (3|6) fit"),
    Fault("the next tune glued on", "0701-0720.abc, X: 711", "GFG (A/B/c)A|BGG G2|]",
          "GFG (A/B/c)A|BGG G2|]\nT:The Next One\nM:2/4\nK:D\nd2 f2|", 23, "another tune", also=(22,), note=True),
    # Ryan's Mammoth Collection
    Fault("a repeat closed twice", "GobbyOJigOrJeffersonAndLiberty.abc, X:1", "A2:|\n|:c", "A2:|:|\n|:c", 9, "twice",
          note=True),
    Fault("a tie to another note", "RoseOfTheValleyReel.abc, X: 1", "cccA BBBG", "ccc-A BBBG", 6, "tie", note=True),
    Fault("a decoration never closed", "PoloReel.abc, X: 1", 'g"0"efd', '!trill g"0"efd', 5, "trill' is never closed",
          note=True),
    Fault("a chord's name for a key", "PoloReel.abc, X: 1", "K:D", "K:Dmaj7x", 0, "'Dmaj7x' is not a key"),
    Fault("a meter without its lower number", "CorinthianHornpipe.abc, X:1", "M:2/4", "M:7", 0, "'7' is not a meter"),
    Fault("a unit of eight whole notes", "NightOfTheFairJig.abc, X: 1", "L: 1/8", "L: 8", 0,
          "'8' is not a note length"),
    Fault("a semicolon among the notes", "NightOfTheFairJig.abc, X: 1", "BAA ABc", "BAA A;Bc", 5, "';' means nothing"),
    Fault("a rest of no bars", "LimberUpReel.abc, X:1", ".d2.B2 |", ".d2.B2 | Z0 |", 8, "no bar at all"),
    Fault("a digit in the middle of nowhere", "SmithsDelightReel.abc, X:1", "fadf .e2(fg)", "fadf .e2 4(fg)", 14,
          "'4' "),
    Fault("a last bar too long", "BluffReel.abc, X: 1", "ecd=B c2:|", "ecd=B c6:|", 18, "5 eighths where 4 fit"),
    Fault("half a meter within the tune", "SebastapolHornpipe.abc, X:1", "uB2|", "M:3/\nuB2|", 10,
          "'3/' is not a meter"),
    Fault("a blank line within the tune", "AlmacksHornpipe.abc, X:1", "A2c2A2:|\n|:(ucd)", "A2c2A2:|\n\n|:(ucd)", 10,
          "blank line", note=True),
    Fault("a key beyond the circle of fifths", "NewYorkReel.abc, X:1", "K:D\n", "K:D#\n", 10, "only 7"),
    Fault("a triplet of four", "NewYorkReel.abc, X:1", "(3ggg(dB)", "(3gggg(dB)", 7, "9 sixteenths where 8 fit"),
    Fault("a change of key never closed", "HangFireJig.abc, X:1", "f2df zvd uf2", "[K:D f2df zvd uf2", 12,
          "never closed"),
    Fault("a rest too long", "HangFireJig.abc, X:1", "A2c2A2z2 :|2", "A2c2A2z22 :|2", 8, "7 quarters where 2 fit"),
)
# fmt: on
