// Short names for what is said over a room's socket. Types only; the server's own document generates them.
import type { components } from "./wire.d";

type Schemas = components["schemas"];

export type ServerSays = Schemas["ServerSays"];
export type ClientSays = Schemas["ClientSays"];

/** What a client may say; its number is given when it is sent. */
export type Command = Unnumbered<ClientSays>;
type Unnumbered<Say> = Say extends unknown ? Omit<Say, "id"> : never;

export type Comparison = Schemas["Comparison"];
export type Turn = Schemas["Turn"];
export type Response = Schemas["Response"];
export type Lane = Schemas["Lane"];
export type Metrics = Schemas["Metrics"];
export type Buckets = Schemas["Buckets"];
export type Retry = Schemas["Retry"];
export type Totals = Schemas["Totals"];
export type DroppedParameter = Schemas["DroppedParameter"];
export type HistoryMode = Comparison["historyMode"];
export type ComparisonStatus = Comparison["status"];
export type ResponseStatus = Response["status"];
export type ErrorKind = NonNullable<Response["errorKind"]>;
export type Origin = Response["costOrigin"];

/** What is not given holds the model's own default. */
export type LaneParameters = Partial<Schemas["LaneParameters"]>;

export type Hello = Schemas["Hello"];
export type Authenticated = Schemas["Authenticated"];
export type Joined = Schemas["Joined"];
export type Ack = Schemas["Ack"];
export type CommandError = Schemas["Error"];
export type Limited = Schemas["Limited"];
export type Closed = Schemas["Closed"];
export type Access = Joined["access"];
export type Position = Pick<Joined, "epoch" | "seq">;

export type Person = Schemas["Person"];
export type Presence = Schemas["Presence"];
export type SomebodyTypes = Schemas["SomebodyTypes"];
export type BudgetWarning = Schemas["BudgetWarning"];

/** The numbered ones. Taken from all that is said, so a new kind is missed nowhere. */
export type RoomEvent = Exclude<Extract<ServerSays, { seq: number }>, Joined>;
export type Piece = Schemas["ModelChunk"] | Schemas["ModelReasoning"];
export type Ended = Schemas["ModelComplete"] | Schemas["ModelError"];
