// Who is in a room and who types, as its signals tell. Pure.
import type { Person, Presence, SomebodyTypes } from "./wire";

export type Typist = Pick<Person, "id" | "name">;

/** Whoever is known keeps his place. */
export function present(people: readonly Person[], { people: told, left, complete }: Presence): readonly Person[] {
  if (complete) return told;
  const news = new Map(told.map((person) => [person.id, person]));
  const stayed = people.filter((person) => !left.includes(person.id));
  const known = new Set(stayed.map((person) => person.id));
  return [
    ...stayed.map((person) => news.get(person.id) ?? person),
    ...told.filter((person) => !known.has(person.id)),
  ];
}

/** The server says when somebody begins and when he ends, and ends it itself for those who fall silent. */
export function typists(typing: readonly Typist[], { userId, name, typing: types }: SomebodyTypes): readonly Typist[] {
  const others = typing.filter((person) => person.id !== userId);
  return types ? [...others, { id: userId, name }] : others;
}

export function withoutLeft(typing: readonly Typist[], { left, complete }: Presence): readonly Typist[] {
  if (complete) return [];
  return left.length > 0 ? typing.filter((person) => !left.includes(person.id)) : typing;
}
