/** The pages within a page. */
import { useLink } from "../data/router.ts";

interface SubPage {
  title: string;
  address: string;
  isCurrent: boolean;
}

function SubLink({ title, address, isCurrent }: SubPage) {
  const link = useLink(address);
  return (
    <li>
      <a {...link} aria-current={isCurrent ? "page" : undefined}>
        {title}
      </a>
    </li>
  );
}

export function SubNav({ label, pages }: { label: string; pages: readonly SubPage[] }) {
  return (
    <nav className="subnav" aria-label={label}>
      <ul>
        {pages.map((page) => (
          <SubLink key={page.address} {...page} />
        ))}
      </ul>
    </nav>
  );
}
