"""Which file is persisted next: order, repeats, pauses, giving up."""

from __future__ import annotations

from pyalluxio.master.persist_queue import EXAMINED_MAX, ORDER_TIMEOUT_MS, PAUSE_MS_MAX, PersistQueue

DAY_MS = 24 * 3600 * 1000


def all_of(queue: PersistQueue, now_ms: int, count_max: int = 100) -> list[int]:
    return queue.take(now_ms, count_max, lambda file_id: 0)


def test_due_files_are_ordered_once_in_order_of_arrival() -> None:
    """Two workers that write one file at once waste the storage's time."""
    queue = PersistQueue(DAY_MS)
    for file_id in (3, 1, 2):
        queue.add(file_id, 0)
    assert all_of(queue, 0, 2) == [3, 1]
    assert all_of(queue, 0) == [2]
    assert all_of(queue, 0) == []


def test_waiting_time_is_kept() -> None:
    queue = PersistQueue(DAY_MS)
    queue.add(1, 0, wait_ms=5000)
    assert all_of(queue, 4999) == []
    assert all_of(queue, 5000) == [1]


def test_order_that_brings_nothing_is_given_again() -> None:
    """A worker that dies with an order must not keep the file from ever being safe."""
    queue = PersistQueue(DAY_MS)
    queue.add(1, 0)
    assert queue.take(0, 1, lambda file_id: 100_000_000) == [1]
    assert all_of(queue, ORDER_TIMEOUT_MS + 9_999) == []
    assert all_of(queue, ORDER_TIMEOUT_MS + 10_000) == [1]


def test_a_worker_that_was_restarted_gets_its_orders_again() -> None:
    """For a minute longer its memory would be the only place of files whose writers were told that they are safe."""
    queue = PersistQueue(DAY_MS)
    for file_id in (1, 2, 3):
        queue.add(file_id, 0)
    assert queue.take(0, 1, lambda file_id: 0, worker_id=7) == [1]
    assert queue.take(0, 1, lambda file_id: 0, worker_id=8) == [2]
    assert queue.take(0, 1, lambda file_id: 0) == [3]
    queue.release(7)
    assert all_of(queue, 0) == [1]


def test_failure_pauses_twice_as_long_each_time() -> None:
    """A broken storage must not be asked without a pause, nor be forgotten."""
    queue = PersistQueue(DAY_MS)
    queue.add(1, 0)
    now_ms, pauses = 0, []
    for _ in range(8):
        assert all_of(queue, now_ms) == [1]
        queue.failed(1, now_ms)
        start_ms = now_ms
        while not all_of(queue, now_ms):
            now_ms += 500
        queue.failed(1, now_ms)
        pauses.append(now_ms - start_ms)
        now_ms += PAUSE_MS_MAX
    assert pauses == sorted(pauses)
    assert pauses[0] == 1000
    assert pauses[-1] == PAUSE_MS_MAX


def test_file_that_nobody_wants_does_not_hide_the_others() -> None:
    """Files whose worker is away stand at the head of the queue; those behind them must get their turn."""
    queue = PersistQueue(DAY_MS)
    for file_id in range(EXAMINED_MAX + 5):
        queue.add(file_id, 0)
    wanted = EXAMINED_MAX + 3
    first = queue.take(0, 10, lambda file_id: 0 if file_id == wanted else None)
    second = queue.take(0, 10, lambda file_id: 0 if file_id == wanted else None)
    assert (first, second) == ([], [wanted])


def test_too_old_files_are_given_up_but_not_while_somebody_works_on_them() -> None:
    queue = PersistQueue(DAY_MS)
    queue.add(1, 0)
    queue.add(2, 0)
    assert queue.take(DAY_MS - 1, 1, lambda file_id: 0) == [1]
    assert queue.expired(DAY_MS) == [2]
    assert len(queue) == 1
    queue.remove(1)
    queue.remove(1)
    assert len(queue) == 0


def test_removal_while_taking_is_safe() -> None:
    """`wants` finds that a file was deleted and removes it from the queue."""
    queue = PersistQueue(DAY_MS)
    queue.add(1, 0)
    queue.add(2, 0)

    def wants(file_id: int) -> int | None:
        if file_id == 1:
            queue.remove(1)
            return None
        return 0

    assert queue.take(0, 10, wants) == [2]
    assert len(queue) == 1
