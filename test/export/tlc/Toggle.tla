---- MODULE Toggle ----
EXTENDS Naturals, Sequences
VARIABLES on, seen
Init == on = FALSE /\ seen = [set |-> {1, 2}, last |-> <<>>, word |-> "none"]
Flip(i, who) == /\ i \in seen.set /\ on' = ~on
                /\ seen' = [seen EXCEPT !.set = @ \ {i}, !.last = Append(@, [i |-> i]), !.word = who]
Next == \E i \in {1, 2}, who \in {"a"} : Flip(i, who)
Some == seen.set # {}
Loop == on' = ~on /\ UNCHANGED seen
Spec == Init /\ [][Loop]_<<on, seen>> /\ WF_<<on, seen>>(Loop)
Settles == <>[]on
====
