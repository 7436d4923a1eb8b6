"""The engine under fire: what happens if …, by file name.

The situations in which other token libraries were measured, as far as they need no store that is
shared between processes, and where each is tested here:

| situation | test |
|---|---|
| 64 threads, cold | test_many_callers_at_once.py::test_64_threads_cold |
| 64 threads, cold, with threads and two event loops mixed | test_many_callers_at_once.py::test_threads_and_two_loops_mixed_cold |
| 64 asyncio tasks, cold | test_many_callers_at_once.py::test_64_tasks_cold |
| added CPU per request, hot | test_many_callers_at_once.py::test_a_token_at_hand_costs_no_lock_no_thread_and_no_await |
| import over httpx alone | test_a_program_starts.py::test_import_over_httpx_alone |
| 60 s tokens, 20 calls | test_a_token_grows_old.py::test_20_calls_with_tokens_of_60_s |
| refused credentials, 20 calls | test_the_credentials_are_refused.py::test_refused_credentials_20_calls |
| refused credentials, burst of 64 | test_the_credentials_are_refused.py::test_refused_credentials_burst_of_64 |
| token revoked, 64 threads get 401 | test_an_api_calls_the_token_dead.py::test_64_threads_get_401_for_a_revoked_token |
| API answers 401 for another reason, 20 calls | test_an_api_calls_the_token_dead.py::test_20_calls_to_an_api_that_answers_401_for_another_reason |
| token endpoint 503 while the old token lives | test_the_provider_is_down.py::test_503_while_the_old_token_lives |
| slow token endpoint, async | test_the_provider_is_down.py::test_a_slow_token_endpoint_does_not_stall_the_loop |
| a second event loop | test_many_callers_at_once.py::test_a_second_event_loop |
| fork during a renewal | test_a_process_forks.py::test_fork_during_a_renewal |
| first of 8 waiters cancelled | test_a_waiter_gives_up.py::test_first_of_8_waiters_cancelled |
| `expires_in` missing, "3600", 0, 3600.5 | test_a_token_grows_old.py::test_expires_in_missing_or_of_any_type |
| sandbox token sent to production (same id and secret) | test_a_host_is_not_what_it_seems.py::test_sandbox_token_sent_to_production_with_the_same_id_and_secret |
| secret or token in repr | test_somebody_looks_for_secrets.py::test_in_the_text_of_a_thing |
| secret or token in a DEBUG log | test_somebody_looks_for_secrets.py::test_in_the_logs_of_every_library_at_debug |
| secret or token in an exception | test_somebody_looks_for_secrets.py::test_in_an_error_its_causes_its_frames_and_its_pickle |
| 30-per-hour quota, in one process | test_the_quota_is_spent.py::test_the_caller_is_told_before_the_wire_and_when |

Refused credentials are told once for 20 calls or 64 at once, whatever kind of caller they come from;
"503 while the old token lives" is one try, which is made again when its time has come.
"""  # noqa: E501
