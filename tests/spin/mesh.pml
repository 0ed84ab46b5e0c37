/* Two threads, a ring of CAP cells each way, waiting lists, credits, sleeping and waking: mesh.h.
 *
 * Each thread asks ASKS questions, at most CREDITS open at once, and answers the other's. Checked:
 * cells come in the order they were sent, each once; and when nobody can move (both sleep for
 * good), all is asked, all is answered and no cell is left anywhere.
 *
 * Threads interleave at every access to what they share; a step has one such access. A fence that is left out would let a
 * store pass the load behind it; the mutants LOOK_FIRST and WAKE_FIRST do just that. */
#ifndef CAP
#define CAP 1
#endif
#define CREDITS 2
#ifndef ASKS
#define ASKS 3
#endif
#define CELLS   12 /* no index comes so far */
#define ANSWER  64 /* a cell is a question's number, or ANSWER and that number */

/* Of thread t: `out` is its ring to the other, at index t. */
byte head[2], tail[2];
byte cells[2 * CELLS];
bool starved[2], sleeps[2], woken[2];
chan list[2] = [8] of { byte };

byte asked[2], answered[2], served[2];
byte credits[2];
byte written[2]; /* the writer's own tail, not yet published */

inline wake_if_asleep(other) {
	if
	:: sleeps[other] ->
		/* an exchange: who takes the flag pays */
		atomic {
			if
			:: sleeps[other] -> sleeps[other] = false; woken[other] = true
			:: else -> skip
			fi
		}
	:: else -> skip
	fi
}

inline ring_write(value) {
	cells[me * CELLS + written[me]] = value;
	written[me]++;
	urgent = true
}

inline send(value) {
#ifdef PAST_LIST
	if
	:: written[me] - head[me] < CAP -> ring_write(value)
#else
	if
	:: len(list[me]) == 0 && written[me] - head[me] < CAP -> ring_write(value)
#endif
	:: else ->
#ifndef DROP_FULL
		list[me]!value
#else
		skip
#endif
	fi
}

inline receive() {
	from = head[1 - me];
	to = tail[1 - me];
	got = to != from;
	do
	:: atomic { from < to ->
		cell = cells[(1 - me) * CELLS + from];
		from++;
		if
		:: cell >= ANSWER ->
			assert(cell - ANSWER == answered[me]);
			answered[me]++;
#ifndef FORGET_CREDIT
			credits[me]++
#endif
		:: else ->
			assert(cell == served[me]);
			served[me]++;
			send(ANSWER + cell)
		fi }
	:: else -> break
	od;
	head[1 - me] = to;
	if
#ifdef TAKE_STARVED
	/* As it once was: the mark of a writer that is about to sleep is lost. */
	:: got && starved[1 - me] -> starved[1 - me] = false; wake_if_asleep(1 - me)
#elif !defined(NO_ROOM_WAKE)
	:: got && starved[1 - me] -> wake_if_asleep(1 - me)
#endif
	:: else -> skip
	fi
}

inline publish() {
	do
	:: atomic { len(list[me]) > 0 && written[me] - head[me] < CAP ->
		list[me]?cell;
		ring_write(cell) }
	:: else -> break
	od;
#ifdef WAKE_FIRST
	if
	:: urgent || len(list[me]) > 0 -> wake_if_asleep(1 - me)
	:: else -> skip
	fi;
	tail[me] = written[me];
#else
	tail[me] = written[me];
	if
	:: urgent || len(list[me]) > 0 -> wake_if_asleep(1 - me)
	:: else -> skip
	fi;
#endif
	urgent = false
}

inline look() {
	must_run = tail[1 - me] != head[1 - me];
	must_run = must_run || (len(list[me]) > 0 && written[me] - head[me] < CAP)
}

inline say() {
#ifndef NO_STARVED
	if
	:: len(list[me]) > 0 -> starved[me] = true
	:: else -> skip
	fi;
#endif
	sleeps[me] = true
}

proctype thread(byte me) {
	byte from, to, cell;
	bool got, urgent, must_run;
	do
	:: receive();
		do
		:: atomic { credits[me] > 0 && asked[me] < ASKS ->
			credits[me]--;
			send(asked[me]);
			asked[me]++ }
		:: break
		od;
		publish();
#ifdef LOOK_FIRST
		look();
		say();
#else
		say();
		look();
#endif
		if
		:: must_run || (credits[me] > 0 && asked[me] < ASKS) -> skip
		:: else ->
end_asleep:
			woken[me];
			woken[me] = false
		fi;
		sleeps[me] = false;
		starved[me] = false
	od
}

init {
	atomic {
		credits[0] = CREDITS;
		credits[1] = CREDITS;
		run thread(0);
		run thread(1)
	}
	timeout;
	assert(asked[0] == ASKS && asked[1] == ASKS);
	assert(answered[0] == ASKS && answered[1] == ASKS);
	assert(served[0] == ASKS && served[1] == ASKS);
	assert(len(list[0]) == 0 && len(list[1]) == 0);
	assert(credits[0] == CREDITS && credits[1] == CREDITS)
}
