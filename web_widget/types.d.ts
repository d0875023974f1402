/** Types of the widget's own modules, global so that no module has to import them. Not loaded. */

// Shapes of the public chat API.

interface Choice {
  title: string;
  payload: string;
  value?: unknown;
}

interface Question {
  id: string;
  kind: 'maturity' | 'fact' | 'consent' | 'contact' | 'confirm' | 'menu';
  /** A dimension for maturity questions, else a fact. */
  key: string;
  choices: Choice[];
  /** About how many questions are to come, this one counted. */
  left?: number;
  /** Payload that asks the question again. */
  correction?: string;
}

interface Card {
  kind: string;
  [field: string]: any;
}

interface Message {
  /** Position in the conversation: unique, ascending, not always without gaps. */
  seq: number;
  id: string;
  author: 'user' | 'bot' | 'staff' | 'system';
  author_name?: string | null;
  text: string;
  created_at: string;
  client_message_id?: string | null;
  quick_replies?: Choice[] | null;
  question?: Question | null;
  card?: Card | null;
}

interface Holder {
  holder: 'bot' | 'staff';
  name?: string | null;
}

// Transport.

interface Session {
  id: string;
  token: string;
}

type Outgoing = { text: string } | { payload: string; title: string };

interface Timers {
  now(): number;
  set(callback: () => void, delayMs: number): any;
  clear(handle: any): void;
}

type Connection = 'live' | 'polling' | 'lost';
type Delivery = 'sending' | 'waiting' | 'failed';
type Problem = import('./chat_api.js').ChatProblem;

interface ReceiverEvents {
  onMessages(messages: Message[]): void;
  onHolder(holder: Holder): void;
  /** `typing` to owners: `{is_typing}`; `talk` to staff: the state of the conversation. */
  onSign?(name: string, data: any): void;
  onConnection(state: Connection): void;
  /** The conversation is gone; nothing more will come. */
  onExpired(): void;
}

interface OutboxEntry {
  /** The client_message_id, the same for every attempt. */
  id: string;
  content: Outgoing;
  state: 'queued' | 'failed';
  attempts: number;
}

interface OutboxEvents {
  onAttempt(): void;
  onState(entry: OutboxEntry, state: Delivery, problem: Problem | null): void;
  onAcknowledged(entry: OutboxEntry, message: Message): void;
  onAnswer(status: number, messages: Message[]): void;
  onReleased(messages: Message[]): void;
  onExpired(): void;
}

interface ClientEvents {
  onMessages(messages: Message[], kind: 'history' | 'new'): void;
  onOutgoing(id: string, text: string, afterSeq: number): void;
  onOutgoingState(id: string, state: Delivery, problem: Problem | null, content: Outgoing): void;
  onSent(id: string, message: Message): void;
  onHolder(holder: Holder): void;
  onConnection(state: Connection): void;
  /** An answer of the bot is being made. */
  onWaiting(waiting: boolean): void;
  /** The person who holds the conversation types, or no longer. */
  onTyping(typing: boolean): void;
  onNotice(notice: 'ready' | 'restarted' | 'memory_only' | 'erased'): void;
  onStartProblem(problem: Problem): void;
}

// View.

interface ViewActions {
  onSend(content: Outgoing): void;
  onTyping(): void;
  onResend(id: string): void;
  onDiscard(id: string): void;
  onErase(): void;
  onReport(): void;
  onStartNew(): void;
  onClose(): void;
}

interface ListActions {
  onChoose(choice: Choice): void;
  onResend(id: string): void;
  onRewrite(id: string): void;
}

interface ListItem {
  order: number;
  node: HTMLLIElement;
  author: string;
  text: string;
  /** Takes the place of earlier questions. */
  asks?: boolean;
  question?: Question | null;
  isReceipt?: boolean;
  groups: { offers(text: string): boolean; setState(open: boolean, chosen: string | null): void }[];
  failed: boolean;
}

interface CardContext {
  /** So that a card does not repeat it. */
  messageText: string;
  onAsk(payload: string, title: string): void;
}

type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

// The page that embeds the chat.

interface Window {
  jinjibu?: {
    open(): void;
    close(): void;
    toggle(): void;
    mount(): void;
    on(event: string, listener: (value?: number) => void): () => void;
  };
}
