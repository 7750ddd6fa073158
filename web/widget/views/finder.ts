// The means to find orders: search, filters and sorting.
import type { BusinessCase } from "../../.generated/operations";
import { type Attention, PERIODS, type Sort, SORTS } from "../choice";
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import { ofCustomer, type View } from "./view";

export function finder(view: View): Markup {
  const { store, format, act } = view;
  const { choice, overview } = store;
  const cases = overview.data?.orderSummary?.byBusinessCase ?? [];
  const hint = format.say(ofCustomer(view) ? "find.hintOfCustomer" : "find.hint");
  return h(
    "form",
    {
      key: "finder",
      class: "finder",
      part: "finder",
      role: "search",
      "aria-label": format.say("find"),
      onsubmit: (event) => {
        event.preventDefault();
        act.choose({ search: view.typed });
      },
    },
    h(
      "label",
      { key: "search", class: "field search" },
      h("span", {}, format.say("find.search")),
      h(
        "span",
        { class: "box" },
        icon("search"),
        h("input", {
          type: "search",
          name: "search",
          part: "input",
          autocomplete: "off",
          spellcheck: "false",
          maxlength: 100,
          placeholder: hint,
          value: view.typed,
          oninput: (event) => act.type((event.target as HTMLInputElement).value),
        }),
      ),
    ),
    select(
      "businessCase",
      format.say("find.case"),
      choice.businessCase,
      [
        ["", format.say("find.anyCase")],
        ...cases.map(({ businessCase, label }) => [businessCase, label] as const),
      ],
      (value) => act.choose({ businessCase: value as BusinessCase | "" }),
    ),
    select(
      "period",
      format.say("find.period"),
      choice.period,
      [
        ["", format.say("find.anyPeriod")],
        ...PERIODS.map((period) => [period, format.say(`find.period.${period}`)] as const),
        ["custom", format.say("find.period.custom")],
      ],
      (period) => act.choose({ period }),
    ),
    choice.period === "custom" && date(view, "from"),
    choice.period === "custom" && date(view, "to"),
    select(
      "attention",
      format.say("find.attention"),
      choice.attention,
      [
        ["", format.say("find.anyAttention")],
        ["action", format.say("find.attention.action")],
        ["delayed", format.say("find.attention.delayed")],
      ],
      (value) => act.choose({ attention: value as Attention | "" }),
    ),
  );
}

/** In which order the list is. */
export function sorting({ store, format, act }: View): Markup {
  const options = (Object.keys(SORTS) as Sort[]).map(
    (sort) => [sort, format.say(`sort.${sort}`)] as const,
  );
  return select("sort", format.say("sort"), store.choice.sort, options, (sort) =>
    act.choose({ sort: sort as Sort }),
  );
}

function select(
  name: string,
  label: string,
  value: string,
  options: ReadonlyArray<readonly [string, string]>,
  choose: (value: string) => void,
): Markup {
  return h(
    "label",
    { key: name, class: "field" },
    h("span", {}, label),
    h(
      "select",
      {
        name,
        part: "input",
        value,
        onchange: (event) => choose((event.target as HTMLSelectElement).value),
      },
      ...options.map(([option, text]) => h("option", { key: option, value: option }, text)),
    ),
  );
}

function date({ store, format, act }: View, name: "from" | "to"): Child {
  return h(
    "label",
    { key: name, class: "field" },
    h("span", {}, format.say(`find.${name}`)),
    h("input", {
      type: "date",
      name,
      // Years of four digits.
      max: "9999-12-31",
      part: "input",
      value: store.choice[name],
      onchange: (event) => act.choose({ [name]: (event.target as HTMLInputElement).value }),
    }),
  );
}
