/* The outbox of two-step commands (DESIGN 4): the entrants' shard E, the hunt's shard H, their logs,
 * and crashes of either or both at any moment. ENTRANTS want a treasure whose stock is 1 in the
 * document's version 1 and 2 in version 2, which comes at some time or other.
 *
 * A log is a list of records and a flushed mark; a crash keeps any length from the mark on, and the
 * state is made from what is left. Messages in flight may survive the crash of one side, or not.
 *
 * Checked: no entrant is granted twice and never more than the stock (H's log); who was answered
 * `correct` or `gone` finds it in the logs after every crash; `gone` was true; and when all is
 * quiet no WANT is open and every grant has reached its entrant. */
#ifndef ENTRANTS
#define ENTRANTS 2
#endif
#ifndef WANTS
#define WANTS 3 /* commands in all, retries too */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#define stock(version) (version)

mtype = { WANT, GRANTED, GONE };

/* E's log and what it makes of it. */
typedef record { mtype type; byte entrant; byte stamp; byte version };
record elog[2 * WANTS];
byte elen, eflushed, eversion = 1;
byte open_stamp[ENTRANTS];   /* 0: no WANT is open */
byte open_at[ENTRANTS];      /* its record */
byte open_version[ENTRANTS]; /* E's when it was logged */
bool solved[ENTRANTS];
byte gone_version; /* of the last `gone`; 0: none */
bool asked[ENTRANTS];

/* H's. */
byte hlog[ENTRANTS + 2];
byte hlen, hflushed, hversion = 1;
byte granted[ENTRANTS];

/* Clients. */
byte clock, wants, crashes;
bool told_correct[ENTRANTS];

chan ask = [1] of { byte, byte, byte }; /* version, entrant, stamp */
chan held = [2] of { byte, byte, byte, byte, mtype }; /* H's log must be flushed so far; answer */
chan answer = [2] of { byte, byte, byte, mtype }; /* version, entrant, stamp, verdict */

/* What is in the first `length` records of H's log, ever after. */
inline check_h() {
	i = 0;
	do
	:: i < ENTRANTS -> assert(granted[i] <= 1); i++
	:: else -> break
	od;
	assert(hlen <= stock(hversion));
	i = 0
}

inline rebuild_h() {
	i = 0;
	do
	:: i < ENTRANTS -> granted[i] = 0; i++
	:: else -> break
	od;
	i = 0;
	do
	:: i < hlen -> granted[hlog[i]]++; i++
	:: i >= hlen && i < ENTRANTS + 2 -> hlog[i] = 0; i++
	:: else -> break
	od;
	i = 0
}

inline rebuild_e() {
	i = 0;
	do
	:: i < ENTRANTS ->
		open_stamp[i] = 0;
		open_at[i] = 0;
		open_version[i] = 0;
		solved[i] = false;
#ifndef NO_REASK
		asked[i] = false;
#endif
		i++
	:: else -> break
	od;
	gone_version = 0;
	i = elen;
	do
	:: i < 2 * WANTS ->
		elog[i].type = 0;
		elog[i].entrant = 0;
		elog[i].stamp = 0;
		elog[i].version = 0;
		i++
	:: else -> break
	od;
	i = 0;
	do
	:: i < elen ->
		if
		:: elog[i].type == WANT ->
			open_stamp[elog[i].entrant] = elog[i].stamp;
			open_version[elog[i].entrant] = elog[i].version;
			open_at[elog[i].entrant] = i
		:: elog[i].type == GRANTED ->
			open_stamp[elog[i].entrant] = 0;
			solved[elog[i].entrant] = true
		:: elog[i].type == GONE ->
			open_stamp[elog[i].entrant] = 0;
			gone_version = elog[i].version
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	do
	:: i < ENTRANTS ->
		if
		:: open_stamp[i] == 0 -> open_at[i] = 0; open_version[i] = 0
		:: else -> skip
		fi;
		assert(!told_correct[i] || (solved[i] && granted[i] == 1));
		i++
	:: else -> break
	od;
	i = 0
}

inline log_e(what, who, when, which) {
	elog[elen].type = what;
	elog[elen].entrant = who;
	elog[elen].stamp = when;
	elog[elen].version = which;
	elen++
}

/* A reply leaves: what it says stands on the disk and is true there. */
inline reply_upto(length) {
	i = eflushed;
	do
	:: i < length ->
		if
		:: elog[i].type == GRANTED -> told_correct[elog[i].entrant] = true
		:: elog[i].type == GONE -> assert(hflushed >= stock(elog[i].version))
		:: else -> skip
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

inline take_answer() {
	if
#ifdef IGNORE_STAMP
	:: open_stamp[e] != 0 ->
#else
	:: open_stamp[e] == stamp ->
#endif
		assert(version >= open_version[e]);
		open_stamp[e] = 0;
		open_at[e] = 0;
		open_version[e] = 0;
		log_e(verdict, e, stamp, version);
		if
		:: verdict == GRANTED -> solved[e] = true
		:: else -> gone_version = version
		fi
	:: else -> skip
	fi;
	e = 0;
	stamp = 0;
	version = 0
}

#ifdef ASK_BEFORE_FLUSH
#define MAY_ASK(n) (open_stamp[n] != 0)
#elif defined(NO_REASK) || defined(TOGETHER)
#define MAY_ASK(n) (open_stamp[n] != 0 && open_at[n] < eflushed && !asked[n])
#else
#define MAY_ASK(n) (open_stamp[n] != 0 && open_at[n] < eflushed)
#endif
#define ASK(n)                                                                                     \
	d_step {                                                                                   \
		nfull(ask) && MAY_ASK(n) -> ask!open_version[n], n, open_stamp[n];                        \
		asked[n] = true                                                                    \
	}

/* Gone for this version: E says so itself. */
#ifdef GONE_FOREVER
#define KNOWN_GONE (gone_version != 0)
#else
#define KNOWN_GONE (gone_version == eversion)
#endif

active proctype E() {
	byte i, e, stamp, version;
	mtype verdict;
end:
	do
	/* A client's command. */
	:: atomic {
		wants < WANTS ->
		wants++;
		select(e : 0 .. ENTRANTS - 1);
		if
		:: solved[e] || open_stamp[e] != 0 -> skip
		:: !solved[e] && open_stamp[e] == 0 && KNOWN_GONE ->
			assert(hflushed >= stock(eversion))
		:: else ->
			clock++;
			open_stamp[e] = clock;
			open_at[e] = elen;
			open_version[e] = eversion;
			asked[e] = false;
			log_e(WANT, e, clock, eversion)
		fi;
		e = 0
	}
	/* A flush has ended: its replies leave. */
	:: d_step {
		eflushed < elen ->
		reply_upto(elen);
		eflushed = elen
	}
#ifdef REPLY_BEFORE_FLUSH
	:: atomic { eflushed < elen -> reply_upto(elen) }
#endif
	:: ASK(0)
	:: ASK(1)
#if ENTRANTS > 2
	:: ASK(2)
#endif
	/* An answer. What was said by a later document waits for that. */
	:: atomic { answer?[1, e, stamp, verdict] -> answer?version, e, stamp, verdict; take_answer() }
	:: atomic {
		eversion == 2 && answer?[2, e, stamp, verdict] ->
		answer?version, e, stamp, verdict;
		take_answer()
	}
	/* The order of version 2 comes; it is flushed with all before it. */
	:: d_step { eversion == 1 -> reply_upto(elen); eflushed = elen; eversion = 2 }
#ifndef TOGETHER
	/* E crashes, alone. */
	:: atomic {
		crashes < CRASHES ->
		crashes++;
		select(elen : eflushed .. elen);
		eflushed = elen;
		rebuild_e()
	}
#endif
	od
}

/* The version whose stock counts. Where either side may crash alone, a question may come twice, far
 * apart: judged by the newest version, the first could be `gone` and the second, when the stock has
 * risen, granted; E would take the first and never hear of the grant. Judged by the version that E
 * had at the WANT, both say the same. One process takes its messages with it and asks once a start:
 * there the newest will do. */
#if defined(TOGETHER) || defined(BY_NEWEST)
#define JUDGED hversion
#else
#define JUDGED version
#endif

inline judge() {
	if
#ifdef NO_DEDUP
	:: hlen < stock(JUDGED) -> hlog[hlen] = e; hlen++; granted[e]++; verdict = GRANTED
#else
	:: granted[e] > 0 -> verdict = GRANTED
	:: granted[e] == 0 && hlen < stock(JUDGED) ->
		hlog[hlen] = e;
		hlen++;
		granted[e]++;
		verdict = GRANTED
#endif
	:: else -> verdict = GONE
	fi;
	check_h();
#ifdef ANSWER_BEFORE_FLUSH
	held!0, JUDGED, e, stamp, verdict;
#elif defined(GONE_BEFORE_FLUSH)
	if
	:: verdict == GONE -> answer!JUDGED, e, stamp, verdict
	:: else -> held!hlen, JUDGED, e, stamp, verdict
	fi;
#else
	held!hlen, JUDGED, e, stamp, verdict;
#endif
	e = 0;
	stamp = 0;
	version = 0
}

#define ANSWER(position)                                                                           \
	atomic {                                                                                   \
		hflushed >= position && nfull(answer) &&                                           \
			held?[position, version, e, stamp, verdict] ->                             \
		held?position, version, e, stamp, verdict;                                         \
		answer!version, e, stamp, verdict;                                                 \
		e = 0;                                                                             \
		stamp = 0;                                                                         \
		version = 0                                                                        \
	}

inline drop(channel) {
	do
	:: nempty(channel) -> channel?version, e, stamp
	:: empty(channel) -> break
	od
}

active proctype H() {
	byte i, e, stamp, version, position;
	mtype verdict;
end:
	do
	:: atomic { nfull(held) && ask?[1, e, stamp] -> ask?version, e, stamp; judge() }
#ifdef NO_HOLD
	:: atomic { nfull(held) && ask?[2, e, stamp] -> ask?version, e, stamp; judge() }
#else
	:: atomic { nfull(held) && hversion == 2 && ask?[2, e, stamp] -> ask?version, e, stamp; judge() }
#endif
	:: d_step { hflushed < hlen -> hflushed = hlen }
	:: ANSWER(0)
	:: ANSWER(1)
	:: ANSWER(2)
	:: d_step { hversion == 1 -> hflushed = hlen; hversion = 2 }
	/* H crashes: alone, or the process, with E and all messages. */
	:: atomic {
		crashes < CRASHES ->
		crashes++;
		select(hlen : hflushed .. hlen);
		hflushed = hlen;
		rebuild_h();
		do
		:: nempty(held) -> held?position, version, e, stamp, verdict
		:: empty(held) -> break
		od;
		if
#ifndef TOGETHER
		:: true
#endif
		:: true ->
			drop(ask);
			do
			:: nempty(answer) -> answer?version, e, stamp, verdict
			:: empty(answer) -> break
			od;
			select(elen : eflushed .. elen);
			eflushed = elen
		fi;
		rebuild_e(); /* asks again, also where only H crashed */
		e = 0;
		stamp = 0;
		version = 0;
		position = 0
	}
	od
}

init {
	byte i;
	timeout;
	do
	:: i < ENTRANTS ->
		assert(open_stamp[i] == 0);
		assert(granted[i] == (solved[i] -> 1 : 0));
		i++
	:: else -> break
	od
}
