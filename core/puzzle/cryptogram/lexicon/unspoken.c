/* Words that the lexicon has and nothing says by itself: a player may use them, and a phrase of a
 * document's own may be one with its letters together, but no phrase is split into them and no hint
 * names them. Part of the algorithm's version. */
#include "core/puzzle/cryptogram/lexicon/lexicon.h"
#include "huntd/assert.h"

static const char *const unspoken[] = {
	"ANAL",      "ANUS",     "ANUSES",       "ASS",       "ASSES",      "ASSHOLE",  "ASSHOLES",
	"BASTARD",   "BASTARDS", "BIMBO",        "BIMBOS",    "BITCH",      "BITCHED",  "BITCHES",
	"BITCHING",  "BITCHY",   "BOOB",         "BOOBIES",   "BOOBS",      "BOOBY",    "BUGGER",
	"BULLSHIT",  "BUTT",     "BUTTOCK",      "BUTTOCKS",  "BUTTS",      "CHINK",    "CHINKS",
	"CLIT",      "CLITORIS", "CLITS",        "COCK",      "COCKS",      "COITUS",   "COON",
	"COONS",     "CRAP",     "CRAPPY",       "CRAPS",     "CRIPPLE",    "CRIPPLES", "CUM",
	"CUMMING",   "CUMS",     "CUNT",         "CUNTS",     "DAMN",       "DAMNED",   "DAMNS",
	"DICK",      "DICKS",    "DYKE",         "DYKES",     "ENEMA",      "ENEMAS",   "ERECTION",
	"ERECTIONS", "FAG",      "FAGGOT",       "FAGGOTS",   "FAGS",       "FART",     "FARTED",
	"FARTING",   "FARTS",    "FECES",        "FUCK",      "FUCKED",     "FUCKER",   "FUCKERS",
	"FUCKING",   "FUCKS",    "GENITAL",      "GENITALIA", "GENITALS",   "GOOK",     "GOOKS",
	"GYP",       "GYPS",     "HARLOT",       "HARLOTS",   "HOE",        "HOES",     "HOOKER",
	"HOOKERS",   "HORNY",    "HUSSY",        "KINKY",     "MASTURBATE", "MILF",     "MILFS",
	"MOLEST",    "MOLESTS",  "MOTHERFUCKER", "NIGGER",    "NIGGERS",    "NIPPLE",   "NIPPLES",
	"NUDE",      "NUDES",    "ORGASM",       "ORGASMS",   "ORGIES",     "ORGY",     "PEE",
	"PEED",      "PEES",     "PENES",        "PENIS",     "PENISES",    "PIMP",     "PIMPS",
	"PISS",      "PISSED",   "PISSES",       "PISSING",   "POOP",       "POOPS",    "PORN",
	"PORNO",     "PRICK",    "PRICKS",       "PUBIC",     "PUSS",       "PUSSIES",  "PUSSY",
	"QUEER",     "QUEERS",   "RANDY",        "RAPE",      "RAPED",      "RAPES",    "RAPING",
	"RAPIST",    "RAPISTS",  "RECTUM",       "RETARD",    "RETARDS",    "SCROTUM",  "SCROTUMS",
	"SEMEN",     "SEX",      "SEXED",        "SEXES",     "SEXY",       "SHAG",     "SHAGS",
	"SHAT",      "SHIT",     "SHITS",        "SHITTY",    "SLAG",       "SLAGS",    "SLUT",
	"SLUTS",     "SMUT",     "SMUTTY",       "SNOT",      "SOD",        "SODOMY",   "SODS",
	"SPASTIC",   "SPERM",    "SPERMS",       "SPUNK",     "STRUMPET",   "SUCK",     "SUCKS",
	"TESTES",    "TESTICLE", "TESTICLES",    "TIT",       "TITS",       "TURD",     "TURDS",
	"TUSH",      "VAGINA",   "VAGINAL",      "VULVA",     "WANK",       "WANKED",   "WANKS",
	"WETBACK",   "WETBACKS", "WHORE",        "WHORES",
};

bool
hd_lexicon_unspoken(struct hd_bytes word)
{
	HD_ASSERT(word.size > 0);
	for (uint32_t i = 0; i < sizeof(unspoken) / sizeof(*unspoken); i++)
		if (hd_bytes_equal(word, hd_bytes_str(unspoken[i])))
			return true;
	return false;
}
