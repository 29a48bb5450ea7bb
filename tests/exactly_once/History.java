// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What transactions have sent and how they ended as their producers were answered, to be compared with what readers of
 * committed records see. Each record has the name of its transaction as key.
 */
final class History {
    private enum Outcome { UNKNOWN, COMMITTED, ABORTED }

    /** Of one producer, on its thread. */
    static final class Transaction {
        final String name;
        private int sent;
        private Outcome outcome = Outcome.UNKNOWN;

        private Transaction(String name) {
            this.name = name;
        }

        void sent() {
            sent++;
        }

        void committed() {
            outcome = Outcome.COMMITTED;
        }

        void aborted() {
            outcome = Outcome.ABORTED;
        }
    }

    private final List<Transaction> all = new ArrayList<>();
    private final Map<String, Integer> seen = new HashMap<>();

    synchronized Transaction begin(String producer) {
        Transaction transaction = new Transaction(producer + "/" + all.size());
        all.add(transaction);
        return transaction;
    }

    /** A record of this transaction is visible at last. */
    synchronized void see(String name) {
        seen.merge(name, 1, Integer::sum);
    }

    /** When all that is visible has been seen: each transaction as a whole, if and only if it was committed. */
    synchronized void check() {
        for (Transaction transaction : all) {
            int count = seen.getOrDefault(transaction.name, 0);
            boolean isWhole = count == transaction.sent;
            boolean isRight = switch (transaction.outcome) {
                case COMMITTED -> isWhole;
                case ABORTED -> count == 0;
                case UNKNOWN -> isWhole || count == 0;
            };
            if (!isRight) {
                throw new IllegalStateException("of the transaction " + transaction.name + ", whose outcome is "
                        + transaction.outcome + ", " + count + " of " + transaction.sent + " records are visible");
            }
        }
    }

    synchronized long unknown() {
        return all.stream().filter(transaction -> transaction.outcome == Outcome.UNKNOWN).count();
    }
}
